import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFileAtomic, readFileIfThere, writeFileAtomic } from "./files.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "waypost-files-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true });
});

test("a file is replaced whole, with its permissions, and nothing is left beside it", async () => {
  const file = path.join(dir, "a");
  await writeFile(file, "old and long", { mode: 0o644 });
  await writeFileAtomic(file, "new", 0o600);
  expect(await readFile(file, "utf8")).toBe("new");
  if (process.platform !== "win32") expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(["a"]);
});

test("of several that make the same file at once, one does", async () => {
  const file = path.join(dir, "a");
  const made = await Promise.all(["1", "2", "3"].map((content) => createFileAtomic(file, content, 0o600)));
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, "utf8")).toBe(String(made.indexOf(true) + 1));
  expect(await readdir(dir)).toEqual(["a"]);
});

test("a write that fails leaves nothing behind", async () => {
  await expect(writeFileAtomic(path.join(dir, "none", "a"), "x", 0o600)).rejects.toThrow();
  await expect(writeFileAtomic(dir, "x", 0o600)).rejects.toThrow();
  expect(await readdir(dir)).toEqual([]);
});

test("a missing file reads as undefined, a folder is an error", async () => {
  expect(await readFileIfThere(path.join(dir, "none"))).toBeUndefined();
  await expect(readFileIfThere(dir)).rejects.toThrow();
});
