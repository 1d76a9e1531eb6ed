import { expect, test, vi } from "vitest";
import { StoreError } from "./errors.ts";
import type { Store } from "./store.ts";
import { type StoreTrouble, watchWrites } from "./trouble.ts";

/** A store whose writes fail with the code that is set. */
function scene() {
  let code: string | null = null;
  const told: (StoreTrouble | null)[] = [];
  const written: string[] = [];
  const inner = {
    write: (name: string) => {
      if (code !== null) return Promise.reject(new StoreError(code, "no"));
      written.push(name);
      return Promise.resolve(undefined);
    },
    waitingWrites: 3,
  } as unknown as Store;
  const watched = watchWrites(inner, { clock: { now: () => 7 } as never, changed: (trouble) => told.push(trouble) });
  const fail = (next: string | null) => void (code = next);
  return { watched, told, written, fail };
}

test("a write that a lock prevents is told once, and once more when it is over", async () => {
  const { watched, told, fail } = scene();
  const forget = () => watched.store.write("forgetFact", { name: "x" });
  fail("SQLITE_BUSY");
  await expect(forget()).rejects.toThrow("no");
  await expect(forget()).rejects.toThrow("no");
  expect(watched.trouble()).toEqual({ sinceAt: 7, code: "SQLITE_BUSY", message: "no" });
  fail(null);
  await forget();
  expect(watched.trouble()).toBeNull();
  expect(told).toEqual([{ sinceAt: 7, code: "SQLITE_BUSY", message: "no" }, null]);
  watched.stop();
});

test("what is wrong with one write alone is no trouble of the store", async () => {
  const { watched, told, fail } = scene();
  fail("SQLITE_CONSTRAINT_UNIQUE");
  await expect(watched.store.write("forgetFact", { name: "x" })).rejects.toThrow("no");
  expect(watched.trouble()).toBeNull();
  expect(told).toEqual([]);
  expect(watched.store.waitingWrites).toBe(3);
});

test("the end of the trouble is found without anybody writing", async () => {
  vi.useFakeTimers();
  try {
    const { watched, written, fail } = scene();
    fail("SQLITE_READONLY");
    await expect(watched.store.write("forgetFact", { name: "x" })).rejects.toThrow("no");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(watched.trouble()?.code).toBe("SQLITE_READONLY");
    fail(null);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(watched.trouble()).toBeNull();
    expect(written).toEqual(["rememberFact", "forgetFact"]);
  } finally {
    vi.useRealTimers();
  }
});
