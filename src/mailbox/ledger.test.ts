import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  advance,
  BRAKE_MESSAGES,
  type LedgerRow,
  type LedgerState,
  type ListedMessage,
  nameCopies,
  plan,
  planAfterFetching,
  type SourcePolicy,
  TOMBSTONE_MS,
} from "./ledger.ts";

const NOW = 1_800_000_000_000;
const DAY = 86_400_000;
const keep: SourcePolicy = {
  mode: "keep",
  deleteAfterMs: 0,
  deleteLargerThan: 0,
  keepNewest: 0,
  onClientDelete: "keep",
  maxMessageSize: 0,
  hidesMessages: false,
  brakeReleased: false,
};
const atOnce: SourcePolicy = { ...keep, mode: "delete" };
const afterTwoWeeks: SourcePolicy = { ...atOnce, deleteAfterMs: 14 * DAY };
const nothing = { requested: [], fetch: [], remove: [], back: [], gone: [], forget: [], brake: null };

const row = (uidl: string, state: LedgerState, ageMs = 0): LedgerRow => ({
  uidl,
  state,
  storedAt: NOW - ageMs,
  changedAt: NOW - ageMs,
  size: 1_000,
});

const list = (...uidls: string[]): ListedMessage[] => uidls.map((uidl, index) => ({ number: index + 1, uidl }));

describe("the table, row by row", () => {
  test("seen and listed: it is fetched", () => {
    expect(plan([], list("a"), keep, NOW)).toEqual({ ...nothing, fetch: [{ number: 1, uidl: "a" }] });
  });

  test("seen and absent: there is nothing to do", () => {
    expect(plan([], [], atOnce, NOW)).toEqual(nothing);
  });

  test("stored and listed: it stays in keep mode, and is not fetched again", () => {
    expect(plan([row("a", "stored", 365 * DAY)], list("a"), keep, NOW)).toEqual(nothing);
  });

  test("stored and listed: it is removed in delete mode when its age has come, at that moment and not before", () => {
    const remove = [{ number: 1, uidl: "a" }];
    expect(plan([row("a", "stored")], list("a"), atOnce, NOW)).toEqual({ ...nothing, remove });
    expect(plan([row("a", "stored", 14 * DAY - 1)], list("a"), afterTwoWeeks, NOW)).toEqual(nothing);
    expect(plan([row("a", "stored", 14 * DAY)], list("a"), afterTwoWeeks, NOW)).toEqual({ ...nothing, remove });
  });

  test("stored and absent: it is gone", () => {
    expect(plan([row("a", "stored")], [], keep, NOW)).toEqual({ ...nothing, gone: ["a"] });
  });

  test("announced and listed: it stays on the server unfetched, and no mode ever removes it", () => {
    const limited = { ...atOnce, maxMessageSize: 999, onClientDelete: "delete" } as const;
    expect(plan([{ ...row("a", "announced", 365 * DAY), isDeletedHere: true }], list("a"), limited, NOW)).toEqual(
      nothing,
    );
  });

  test("announced and listed: it is fetched when its owner has asked for it, or the limit allows it", () => {
    const requested = [{ number: 1, uidl: "a" }];
    const asked = { ...row("a", "announced"), isRequested: true };
    expect(plan([asked], list("a"), { ...atOnce, maxMessageSize: 999 }, NOW)).toEqual({ ...nothing, requested });
    expect(plan([row("a", "announced")], list("a"), { ...keep, maxMessageSize: 1_000 }, NOW)).toEqual({
      ...nothing,
      requested,
    });
    expect(plan([row("a", "announced")], list("a"), keep, NOW)).toEqual({ ...nothing, requested });
  });

  test("announced and absent: it is forgotten at once, asked for or not: there is no message here to be doubled", () => {
    const asked = { ...row("b", "announced"), isRequested: true };
    expect(plan([row("a", "announced"), asked], [], keep, NOW)).toEqual({ ...nothing, forget: ["a", "b"] });
  });

  test("evicted: it is never removed, whatever the mode, and forgotten when it has been away for long", () => {
    expect(plan([row("a", "evicted", 365 * DAY)], list("a"), atOnce, NOW)).toEqual(nothing);
    expect(plan([row("a", "evicted", DAY)], [], atOnce, NOW)).toEqual(nothing);
    expect(plan([row("a", "evicted", 30 * DAY)], [], atOnce, NOW)).toEqual({ ...nothing, forget: ["a"] });
  });

  test("delete-sent and listed: QUIT was not carried out, it is stored and due again", () => {
    const remove = [{ number: 1, uidl: "a" }];
    expect(plan([row("a", "delete-sent")], list("a"), atOnce, NOW)).toEqual({ ...nothing, back: ["a"], remove });
    expect(plan([row("a", "delete-sent")], list("a"), keep, NOW)).toEqual({ ...nothing, back: ["a"] });
  });

  test("delete-sent and absent: QUIT was carried out, only its answer was lost", () => {
    expect(plan([row("a", "delete-sent")], [], atOnce, NOW)).toEqual({ ...nothing, gone: ["a"] });
  });

  test("delete-confirmed and listed: the server did not keep its word, it is removed again", () => {
    const remove = [{ number: 2, uidl: "a" }];
    expect(
      plan([row("a", "delete-confirmed"), row("b", "stored")], list("b", "a"), { ...atOnce, deleteAfterMs: 0 }, NOW),
    )
      .toMatchObject({ back: ["a"], remove: [remove[0], { number: 1, uidl: "b" }] });
  });

  test("delete-confirmed and absent: it is gone as promised", () => {
    expect(plan([row("a", "delete-confirmed")], [], atOnce, NOW)).toEqual({ ...nothing, gone: ["a"] });
  });

  test("gone and listed: it is back, and not fetched a second time", () => {
    expect(plan([row("a", "gone", 29 * DAY)], list("a"), keep, NOW)).toEqual({ ...nothing, back: ["a"] });
    expect(plan([row("a", "gone", 29 * DAY)], list("a"), atOnce, NOW).remove).toEqual([{ number: 1, uidl: "a" }]);
  });

  test("gone and absent: it is forgotten when the tombstone is 30 days old", () => {
    expect(plan([row("a", "gone", TOMBSTONE_MS - 1)], [], keep, NOW)).toEqual(nothing);
    expect(plan([row("a", "gone", TOMBSTONE_MS)], [], keep, NOW)).toEqual({ ...nothing, forget: ["a"] });
  });
});

test("a message is deleted from stored alone, and confirmed after it was sent alone", () => {
  expect(advance("stored", "deleting")).toBe("delete-sent");
  expect(advance("delete-sent", "confirmed")).toBe("delete-confirmed");
  for (const state of ["delete-sent", "delete-confirmed", "gone"] as const) {
    expect(() => advance(state, "deleting")).toThrow(`a message that is ${state} in the ledger cannot be deleting`);
  }
  for (const state of ["stored", "delete-confirmed", "gone"] as const) {
    expect(() => advance(state, "confirmed")).toThrow("cannot be confirmed");
  }
});

describe("identical copies that share a UIDL", () => {
  test("each has a name of its own", () => {
    expect(nameCopies(list("a", "b", "a", "a")).map(({ uidl }) => uidl)).toEqual(["a", "b", "a 2", "a 3"]);
  });

  test("all are fetched, the first one last: its row means that all are stored", () => {
    expect(plan([], list("a", "b", "a"), keep, NOW).fetch.map(({ number }) => number)).toEqual([3, 1, 2]);
    expect(plan([row("a 2", "stored")], list("a", "a"), keep, NOW).fetch).toEqual([{ number: 1, uidl: "a" }]);
  });

  test("none is deleted while the list repeats the UIDL", () => {
    const rows = [row("a", "stored"), row("a 2", "stored"), row("b", "stored")];
    expect(plan(rows, list("a", "a", "b"), atOnce, NOW).remove).toEqual([{ number: 3, uidl: "b" }]);
    expect(plan(rows, list("a", "b"), atOnce, NOW).remove.map(({ uidl }) => uidl)).toEqual(["a", "b"]);
  });
});

describe("the brake", () => {
  const many = (count: number, prefix = "m") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  const stored = (count: number) => many(count).map((uidl) => row(uidl, "stored"));

  test("a list that is suddenly all gone pauses the source and says so", () => {
    const { brake, ...rest } = plan(stored(20), [], keep, NOW);
    expect(brake).toBe(
      "20 of the 20 messages that were on the server are gone from its list: somebody emptied the mailbox, or the " +
        "server has lost it",
    );
    expect(rest).toEqual({ requested: [], fetch: [], remove: [], back: [], gone: [], forget: [] });
  });

  test("a list that is suddenly all new pauses the source and says so", () => {
    expect(plan(stored(20), list(...many(20, "other")), atOnce, NOW).brake).toMatch(/20 of the 20 it lists are new/);
  });

  test("nearly all is all, and a part is not", () => {
    expect(plan(stored(20), list("m0", "m1"), keep, NOW).brake).toMatch(/^18 of the 20/);
    expect(plan(stored(20), list("m0", "m1", "m2"), keep, NOW)).toMatchObject({ brake: null });
  });

  test("a handful of messages that vanish, and a first list that is all new, are ordinary", () => {
    expect(plan(stored(BRAKE_MESSAGES - 1), [], keep, NOW).brake).toBeNull();
    expect(plan([], list(...many(1_000)), keep, NOW)).toMatchObject({ brake: null, fetch: { length: 1_000 } });
  });

  test("what we deleted ourselves may vanish", () => {
    const rows = many(50).map((uidl, index) => row(uidl, index % 2 ? "delete-confirmed" : "delete-sent"));
    expect(plan(rows, list(...many(50, "new")), atOnce, NOW)).toMatchObject({ brake: null, gone: { length: 50 } });
  });

  test("an owner who says that it is right lets the poll go on", () => {
    const { brake, gone } = plan(stored(20), [], { ...keep, brakeReleased: true }, NOW);
    expect([brake, gone.length]).toEqual([null, 20]);
  });
});

describe("what delete mode leaves on the server", () => {
  const numbers = (policy: Partial<SourcePolicy>, rows: LedgerRow[], listed: ListedMessage[]) =>
    plan(rows, listed, { ...atOnce, ...policy }, NOW).remove.map(({ number }) => number);
  const rows = ["a", "b", "c", "d"].map((uidl, index) => ({ ...row(uidl, "stored"), size: (index + 1) * 100 }));

  test("what is no larger than the set size", () => {
    expect(numbers({ deleteLargerThan: 200 }, rows, list("a", "b", "c", "d"))).toEqual([3, 4]);
  });

  test("the newest, by the server's numbers, those that are not stored among them", () => {
    expect(numbers({ keepNewest: 2 }, rows, list("a", "b", "c", "d"))).toEqual([1, 2]);
    expect(numbers({ keepNewest: 2 }, rows, list("a", "b", "c", "d", "new"))).toEqual([1, 2, 3]);
    expect(numbers({ keepNewest: 9 }, rows, list("a", "b", "c", "d"))).toEqual([]);
  });

  test("all conditions count together", () => {
    expect(numbers({ keepNewest: 1, deleteLargerThan: 100 }, rows, list("a", "b", "c", "d"))).toEqual([2, 3]);
  });
});

describe("what clients deleted here", () => {
  const rows = [{ ...row("a", "stored"), isDeletedHere: true }, row("b", "stored")];
  test("stays on the server unless the policy says otherwise", () => {
    expect(plan(rows, list("a", "b"), keep, NOW).remove).toEqual([]);
  });

  test("is removed there too where the policy says so, in keep mode and before its age in delete mode", () => {
    const remove = [{ number: 1, uidl: "a" }];
    expect(plan(rows, list("a", "b"), { ...keep, onClientDelete: "delete" }, NOW).remove).toEqual(remove);
    expect(plan(rows, list("a", "b"), { ...afterTwoWeeks, onClientDelete: "delete" }, NOW).remove).toEqual(remove);
    expect(plan(rows, list("a", "b"), { ...keep, keepNewest: 9, onClientDelete: "delete" }, NOW).remove).toEqual(
      remove,
    );
  });
});

test("a server that hides messages is no reason for the brake, whatever its list says", () => {
  const rows = Array.from({ length: 20 }, (_, index) => row(`m${index}`, "stored"));
  expect(plan(rows, [], { ...keep, hidesMessages: true }, NOW)).toMatchObject({ brake: null, gone: { length: 20 } });
  expect(plan(rows, list(...Array.from({ length: 20 }, (_, at) => `n${at}`)), { ...keep, hidesMessages: true }, NOW))
    .toMatchObject({ brake: null, fetch: { length: 20 } });
});

test("what a poll would remove includes what it fetches first", () => {
  const fetched = [{ number: 2, uidl: "new", octets: 50 }];
  expect(planAfterFetching([row("a", "stored")], list("a", "new"), fetched, atOnce, NOW)).toEqual([
    { number: 1, uidl: "a" },
    { number: 2, uidl: "new" },
  ]);
  expect(planAfterFetching([row("a", "stored")], list("a", "new"), fetched, { ...atOnce, deleteLargerThan: 50 }, NOW))
    .toEqual([{ number: 1, uidl: "a" }]);
});

test("whatever the ledger and the list are: nothing is deleted that is not stored, nothing fetched twice", () => {
  const uidl = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const state = fc.constantFrom<LedgerState>(
    "announced",
    "stored",
    "evicted",
    "delete-sent",
    "delete-confirmed",
    "gone",
  );
  const rows = fc.uniqueArray(fc.record({ uidl, state, age: fc.nat(60 * DAY) }), { selector: (entry) => entry.uidl });
  const policy = fc.record({ mode: fc.constantFrom("keep", "delete"), deleteAfterMs: fc.constantFrom(0, 14 * DAY) });
  fc.assert(fc.property(rows, fc.array(uidl, { maxLength: 8 }), policy, (entries, uidls, { mode, deleteAfterMs }) => {
    const ledger = entries.map((entry) => row(entry.uidl, entry.state, entry.age));
    const known = new Set(ledger.map((entry) => entry.uidl));
    const policy = { ...keep, mode: mode as "keep", deleteAfterMs, maxMessageSize: 999, brakeReleased: true };
    const planned = plan(ledger, list(...uidls), policy, NOW);
    for (const { uidl, number } of planned.remove) {
      expect(known.has(uidl) && uidls[number - 1] === uidl && mode === "delete").toBe(true);
      expect(["announced", "evicted"]).not.toContain(ledger.find((entry) => entry.uidl === uidl)!.state);
    }
    for (const { uidl } of planned.fetch) expect(known.has(uidl)).toBe(false);
    expect(new Set(planned.fetch.map(({ uidl }) => uidl)).size).toBe(planned.fetch.length);
    const copies = nameCopies(list(...uidls)).filter(({ uidl }) => !known.has(uidl)).length;
    expect(planned.fetch.length).toBe(copies);
  }));
});
