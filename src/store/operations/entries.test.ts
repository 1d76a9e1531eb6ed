import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../../tests/support/store.ts";

let stored: TemporaryStore;
beforeEach(async () => void (stored = await temporaryStore()));
afterEach(() => stored.remove());

test("of the log of changes only what is older than wanted is forgotten, so many rows at a time", async () => {
  const { store } = stored;
  for (let at = 1; at <= 6; at++) {
    await store.write("noteAudit", { at, actor: "anna", kind: "settings", name: "", action: `${at}`, detail: "{}" });
  }
  expect(await store.write("purgeAudit", { before: 5, limit: 3 })).toBe(3);
  expect(await store.write("purgeAudit", { before: 5, limit: 3 })).toBe(1);
  expect(await store.write("purgeAudit", { before: 5, limit: 3 })).toBe(0);
  expect((await store.read("auditLog", { limit: 9 })).map(({ action }) => action)).toEqual(["6", "5"]);
});
