import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { passwordsFromLines, readLines } from "./password.ts";

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text, "latin1"));
}

test("passwords come one a line, however they are cut and end", async () => {
  const passwords = passwordsFromLines(readLines(pieces("fir", "st\r\nse", "cond\nth", "ird")));
  expect(await passwords.next("a")).toBe("first");
  expect(await passwords.next("b", true)).toBe("second");
  expect(await passwords.next("c")).toBe("third");
  await expect(passwords.next("password for d")).rejects.toThrow("expected the password for d on standard input");
});

test("letters of several octets are put together", async () => {
  const euro = Buffer.from("pa€s\n").toString("latin1");
  const passwords = passwordsFromLines(readLines(pieces(euro.slice(0, 3), euro.slice(3))));
  expect(await passwords.next("a")).toBe("pa€s");
});

test("an empty line and control characters are no password", async () => {
  await expect(passwordsFromLines(readLines(pieces("\n"))).next("p")).rejects.toThrow("expected the p");
  await expect(passwordsFromLines(readLines(pieces("a\tb\n"))).next("p")).rejects.toThrow("control character");
});
