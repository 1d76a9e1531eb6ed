import * as fc from "fast-check";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSecretBox, isSealed, loadSecretBox } from "./secrets.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "waypost-secrets-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

const file = () => path.join(dir, "secret.key");

test("the key is made once and opens later what was sealed before", async () => {
  const sealed = (await loadSecretBox(dir, true)).seal("hunter2");
  expect(sealed).toMatch(/^sealed\.v1\.[0-9a-f]{12}\.[A-Za-z0-9_-]+$/);
  expect(isSealed(sealed)).toBe(true);
  expect(sealed).not.toContain("hunter2");
  expect((await loadSecretBox(dir, true)).open(sealed)).toBe("hunter2");
  expect((await loadSecretBox(dir, false)).open(sealed)).toBe("hunter2");
});

test.skipIf(process.platform === "win32")("the key is for the owner alone, and made so again", async () => {
  await loadSecretBox(dir, true);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  await chmod(file(), 0o644);
  await loadSecretBox(dir, true);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

test("two that start at once use the same key", async () => {
  const boxes = await Promise.all([1, 2, 3].map(() => loadSecretBox(dir, true)));
  expect(new Set(boxes.map((box) => box.keyId)).size).toBe(1);
});

test("a missing key is an error where secrets exist", async () => {
  await expect(loadSecretBox(dir, false)).rejects.toThrow(
    /secret\.key is missing, so the stored passwords cannot be read/,
  );
});

test("a file that holds no key is an error that does not show it", async () => {
  for (const content of ["", "short", `${"A".repeat(43)}`, "!".repeat(44)]) {
    await writeFile(file(), content);
    const failed = loadSecretBox(dir, true);
    await expect(failed).rejects.toThrow(/secret\.key holds no key; expected 32 octets in base64/);
    await expect(failed).rejects.toMatchObject({ name: "SecretError" });
  }
});

test("another key is named in the error, by its id", async () => {
  const first = await loadSecretBox(dir, true);
  const sealed = first.seal("x");
  const key = await readFile(file(), "utf8");
  await rm(file());
  const second = await loadSecretBox(dir, true);
  const open = () => second.open(sealed);
  expect(open).toThrow(`sealed with the key ${first.keyId}, but secret.key holds the key ${second.keyId}`);
  expect(open).not.toThrow(key.trim());
});

test("what was changed, cut or never sealed does not open", () => {
  const box = createSecretBox(new Uint8Array(32).fill(1));
  const sealed = box.seal("secret");
  const flipped = sealed.slice(0, -3) + (sealed.at(-3) === "A" ? "B" : "A") + sealed.slice(-2);
  expect(() => box.open(flipped)).toThrow("was changed or cut");
  expect(() => box.open(sealed.slice(0, -8))).toThrow("was changed or cut");
  expect(() => box.open(sealed.slice(0, 30))).toThrow("was changed or cut");
  for (const text of ["", "secret", "sealed.v1."]) expect(() => box.open(text)).toThrow("not a sealed secret");
});

test("any text comes back, sealed differently each time", () => {
  const box = createSecretBox(new Uint8Array(32).fill(2));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const sealed = box.seal(text);
    expect(box.open(sealed)).toBe(text);
    expect(box.seal(text)).not.toBe(sealed);
  }));
});
