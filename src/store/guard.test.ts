import { renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/process.ts";
import { createGuard } from "./guard.ts";

test("the index's times are set before each write, and before a read where something was committed since the last", () => {
  const folder = temporaryFolder();
  try {
    const database = path.join(folder.path, "waypost.db");
    const [index, log] = [`${database}-shm`, `${database}-wal`];
    for (const file of [database, index, log]) writeFileSync(file, "", { mode: 0o600 });
    const guard = createGuard(database);
    const isTouched = (act: () => void) => {
      utimesSync(index, 1, 1);
      act();
      return statSync(index).mtimeMs > 1_000;
    };
    expect(isTouched(() => guard.beforeWrite())).toBe(true);
    expect(isTouched(() => guard.beforeRead())).toBe(true);
    expect(isTouched(() => guard.beforeRead())).toBe(false);
    utimesSync(log, 5, 5);
    expect(isTouched(() => guard.beforeRead())).toBe(true);
  } finally {
    folder.remove();
  }
});

test("files that were removed or replaced are told, until they are back", () => {
  const folder = temporaryFolder();
  try {
    const database = path.join(folder.path, "waypost.db");
    for (const file of [database, `${database}-shm`]) writeFileSync(file, "", { mode: 0o600 });
    const guard = createGuard(database);
    const aside = (file: string) => {
      renameSync(file, `${file}.aside`);
      return () => renameSync(`${file}.aside`, file);
    };
    for (const file of [database, `${database}-shm`]) {
      const back = aside(file);
      expect(() => guard.beforeWrite()).toThrow(/were removed or replaced/);
      guard.beforeRead();
      back();
      guard.beforeWrite();
    }
    const back = aside(database);
    writeFileSync(database, "");
    expect(() => guard.beforeWrite()).toThrow(/were removed or replaced/);
    back();
    guard.beforeWrite();
  } finally {
    folder.remove();
  }
});

test("a server's database, and one whose times cannot be set, are not guarded", () => {
  for (const path of [null, "/nowhere/waypost.db"]) {
    const guard = createGuard(path);
    guard.beforeWrite();
    guard.beforeRead();
  }
});
