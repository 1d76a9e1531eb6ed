import { expect, test } from "vitest";
import { writeGroup } from "./group.ts";
import type { StatementConnection } from "./local.ts";

/** A connection whose transactions all fail. */
function failing(code: string) {
  const tries: number[] = [];
  const connection: StatementConnection = {
    batch(statements) {
      tries.push(statements.length);
      return Promise.reject(Object.assign(new Error("no"), { code }));
    },
    query: () => Promise.resolve([]),
    close: () => undefined,
  };
  return { connection, tries };
}

const calls = ["one", "two", "three"].map((name, id) => ({ id, name: "forgetFact" as const, args: { name } }));

test.each([
  ["SQLITE_BUSY", 1],
  ["SQLITE_LOCKED", 1],
  ["SQLITE_CONSTRAINT", 4],
])("a group that fails with %s is tried %i times in all, and each call hears of it", async (code, times) => {
  const { connection, tries } = failing(code);
  const results = await writeGroup(connection, calls);
  expect(results.map(({ id }) => id)).toEqual([0, 1, 2]);
  for (const result of results) expect(result).toMatchObject({ error: { code } });
  expect(tries).toHaveLength(times);
});
