import { expect, test } from "vitest";
import { suggestKey } from "./suggest.ts";

const known = ["name", "host", "port", "password", "password_file", "max_connections"];

test("a misspelt key suggests the one that was meant", () => {
  const meant = {
    prot: "port",
    pasword: "password",
    "password-file": "password_file",
    Host: "host",
    maxConnections: "max_connections",
  };
  for (const [key, word] of Object.entries(meant)) {
    expect(suggestKey(key, known, [])).toBe(`a known key; did you mean "${word}"?`);
  }
});

test("a key of another table is sent there", () => {
  const elsewhere = ["hostname", "smtp.max_recipients", "queue.retry.max", "telemetry.max"];
  expect(suggestKey("max_recipients", known, elsewhere)).toBe(
    "a known key; max_recipients belongs where smtp.max_recipients is",
  );
});

test("a key that resembles none lists those there are", () => {
  expect(suggestKey("zzz", ["a_key", "b_key"], ["c.d"])).toBe("one of a_key, b_key");
});
