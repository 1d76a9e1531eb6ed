import { Buffer } from "node:buffer";
import { scryptSync } from "node:crypto";
import { expect, test } from "vitest";
import { createPasswordChecker, hashPassword, isHash, verifyPassword } from "./passwords.ts";

const salt = new Uint8Array(16).fill(7);

test("a password is verified against its hash, another is not", async () => {
  const hash = await hashPassword("correct horse");
  expect(await verifyPassword("correct horse", hash)).toBe(true);
  expect(await verifyPassword("Correct horse", hash)).toBe(false);
  expect(await verifyPassword("", hash)).toBe(false);
});

test("the hash is a PHC string of scrypt, RFC 7914", async () => {
  const expected = scryptSync("pleaseletmein", salt, 32, { N: 16384, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
  expect(await hashPassword("pleaseletmein", salt)).toBe(
    `$scrypt$ln=14,r=8,p=1$BwcHBwcHBwcHBwcHBwcHBw$${expected.toString("base64").replace(/=+$/, "")}`,
  );
});

test("the vector of RFC 7914 section 12 verifies, its cost taken from the hash", async () => {
  const key = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
  const encode = (octets: Uint8Array) => Buffer.from(octets).toString("base64").replace(/=+$/, "");
  const hash = `$scrypt$ln=10,r=8,p=16$${encode(Buffer.from("NaCl"))}$${encode(Buffer.from(key, "hex"))}`;
  expect(await verifyPassword("password", hash)).toBe(true);
  expect(await verifyPassword("Password", hash)).toBe(false);
});

test("two hashes of one password differ", async () => {
  expect(await hashPassword("same")).not.toBe(await hashPassword("same"));
});

test("a password counts in composed form, whichever the keyboard sends", async () => {
  expect(await verifyPassword("u\u0308ber", await hashPassword("\u00fcber"))).toBe(true);
});

test.each([
  "",
  "secret",
  "$scrypt$",
  "$scrypt$ln=14,r=8,p=1$BwcHBwcHBwcHBwcHBwcHBw$",
  "$scrypt$ln=30,r=8,p=1$BwcHBwcHBwcHBwcHBwcHBw$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
  "$scrypt$ln=14,r=0,p=1$BwcHBwcHBwcHBwcHBwcHBw$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
  "$scrypt$ln=14,r=8,p=99$BwcHBwcHBwcHBwcHBwcHBw$BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc",
  "$2b$10$abcdefghijklmnopqrstuv",
])("%j is no hash, and verifying against it is an error that does not show it", async (text) => {
  expect(isHash(text)).toBe(false);
  await expect(verifyPassword("x", text)).rejects.toThrow(
    "The stored password is not a hash; expected $scrypt$ln=…,r=…,p=…$salt$hash",
  );
});

test("a checker answers for known and unknown logins, also when asked again", async () => {
  const checker = createPasswordChecker();
  const hash = await hashPassword("right");
  const answers = await Promise.all([
    checker.check("right", hash),
    checker.check("wrong", hash),
    checker.check("right", undefined),
    checker.check("right", hash),
    checker.check("", undefined),
  ]);
  expect(answers).toEqual([true, false, false, true, false]);
  expect(await checker.check("right", hash)).toBe(true);
  expect(await checker.check("wrong", hash)).toBe(false);
});

test("a password that was right is not right for another hash", async () => {
  const checker = createPasswordChecker();
  expect(await checker.check("right", await hashPassword("right"))).toBe(true);
  expect(await checker.check("right", await hashPassword("changed"))).toBe(false);
});

test("a checker that remembers nothing still answers, and an error does not stop the next check", async () => {
  const checker = createPasswordChecker(1, 0);
  await expect(checker.check("right", "no hash")).rejects.toThrow(RangeError);
  const hash = await hashPassword("right");
  expect(await Promise.all([checker.check("right", hash), checker.check("right", hash)])).toEqual([true, true]);
});
