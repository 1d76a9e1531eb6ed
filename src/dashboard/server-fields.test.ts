import { expect, test } from "vitest";
import { upstream } from "../settings/entries.ts";
import { source } from "../settings/source.ts";
import { texts } from "../../web/texts.ts";
import { keyOfError } from "./form-fields.ts";
import { changedEntry, entryOfFields, fieldsOf, readServer } from "./server-fields.ts";

test("a form becomes the entry that would stand in the settings file", () => {
  const value = entryOfFields("upstream", {
    name: " home ",
    host: "smtp.example.net",
    port: "2525",
    tls: "implicit",
    username: "office",
    password: " two spaces ",
    senders: "*@example.net, boss@example.org",
    verify: "false",
    max_connections: "",
    draft: "not a key",
  });
  expect(value).toEqual({
    name: "home",
    host: "smtp.example.net",
    port: 2525,
    tls: "implicit",
    username: "office",
    password: " two spaces ",
    senders: ["*@example.net", "boss@example.org"],
    verify: false,
  });
});

test("what the provider's profile says is left to it", () => {
  const filled = { provider: "gmail", name: "gmail", host: "smtp.gmail.com", port: "587", tls: "starttls" };
  expect(entryOfFields("upstream", filled)).toEqual({ provider: "gmail", name: "gmail" });
  expect(entryOfFields("upstream", { ...filled, port: "465", tls: "implicit" })).toMatchObject({ tls: "implicit" });
  expect(entryOfFields("upstream", { ...filled, messages_per_day: "100" })).toMatchObject({ messages_per_day: 100 });
});

test("rules of delivery are written one in a line", () => {
  const { deliver } = entryOfFields("source", { deliver: "bob@example.net -> bob\r\n\n*@example.org → anna\r\n" });
  expect(deliver).toEqual([
    { recipient: "bob@example.net", account: "bob" },
    { recipient: "*@example.org", account: "anna" },
  ]);
  expect(fieldsOf("source", { deliver: deliver as unknown[] })["deliver"]?.value).toBe(
    "bob@example.net → bob\n*@example.org → anna",
  );
});

test("a form shows what is written, what holds otherwise, and no secret", () => {
  const fields = fieldsOf("upstream", { provider: "gmail", username: "a@gmail.com", password: "staple" });
  expect(fields["host"]).toMatchObject({ value: "smtp.gmail.com" });
  expect(fields["messages_per_day"]).toMatchObject({ value: "", preset: "500" });
  expect(fields["password"]).toMatchObject({ value: "", control: "password" });
  expect(JSON.stringify(fields)).not.toContain("staple");
  expect(fieldsOf("source", {})["size_per_day"]?.preset).toBe("0B");
});

test("every key has a label", () => {
  const keys = [...Object.keys(upstream.rows), ...Object.keys(source.rows)].filter((key) => key !== "provider");
  expect(keys.filter((key) => !(key in texts.servers.labels))).toEqual([]);
});

test("what is wrong is told at its field", () => {
  const value = { host: "pop.example.net", port: "x", username: "a", password: "b" };
  const read = readServer("source", value);
  expect("errors" in read && fieldsOf("source", value, read.errors)["port"]?.error).toBe(
    '"x" is not right, expected a whole number from 1 to 65535.',
  );
  const wrong = readServer("upstream", { name: "a", host: "h" + "!" });
  expect("errors" in wrong && keyOfError("upstream", wrong.errors[0]!)).toBe("host");
});

test("a flag that is off by itself is a box, one that is on can be put back to what is usual", () => {
  const { recent, verify, on_client_delete: choice } = fieldsOf("source", { recent: false, verify: false });
  expect(recent).toMatchObject({ control: "flag", value: "" });
  expect(verify).toMatchObject({ control: "choice", value: "false", preset: "true" });
  expect(choice?.options.map(({ value }) => value)).toEqual(["keep", "delete"]);
});

test("a password that nobody types anew stays, and goes with its login", () => {
  const before = { name: "a", username: "u", password: "sealed:1", host: "h" };
  expect(changedEntry(before, { name: "a", username: "v" })).toEqual({
    name: "a",
    username: "v",
    password: "sealed:1",
  });
  expect(changedEntry(before, { name: "a", username: "u", password: "new" })).toMatchObject({ password: "new" });
  expect(changedEntry(before, { name: "a" })).toEqual({ name: "a" });
  expect(changedEntry({ username: "u", password_file: "/run/secret" }, { username: "u" })).toEqual({
    username: "u",
    password_file: "/run/secret",
  });
});
