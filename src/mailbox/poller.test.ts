import { expect, test } from "vitest";
import { negative } from "../pop3/reply.ts";
import type { FetchState } from "../store/operations/mailbox.ts";
import type { Store } from "../store/store.ts";
import type { Sleep } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import { type FetchReport, type FetchRequest, NOTHING_DONE } from "./report.ts";
import { createPoller, type Poller } from "./poller.ts";
import { fetchPorts, sourceOf } from "./support.ts";

/** A store that knows mailboxes alone and answers at once, so that time is the test's. */
function fakeStore() {
  const rows: (FetchState & { account: string; source: string })[] = [];
  const write = (name: string, args: unknown): Promise<unknown> => {
    if (name === "ensureMailbox") {
      const wanted = args as { id: number; account: string; source: string };
      const known = rows.find(({ account, source }) => account === wanted.account && source === wanted.source);
      if (!known) rows.push({ ...NEVER_POLLED, ...wanted });
      return Promise.resolve(known?.id ?? wanted.id);
    }
    const state = args as FetchState;
    Object.assign(rows.find(({ id }) => id === state.id)!, state);
    return Promise.resolve();
  };
  return { rows, store: { write, read: () => Promise.resolve(rows) } as unknown as Store };
}

const NEVER_POLLED = {
  lastFetchAt: null,
  lastOutcome: null,
  nextFetchAt: null,
  failures: 0,
  pausedBecause: null,
  failureKind: null,
};
const account = "alice";
const MINUTE = 60_000;
const fine = NOTHING_DONE;

/** Time that passes when the test says so. */
function fakeTime() {
  let now = 1_800_000_000_000;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const sleep: Sleep = (ms, signal) =>
    new Promise((resolve) => {
      const sleeper = {
        until: now + ms,
        wake: () => {
          sleepers.delete(sleeper);
          resolve();
        },
      };
      sleepers.add(sleeper);
      signal.addEventListener("abort", sleeper.wake);
    });
  return {
    clock: { now: () => now },
    sleep,
    async pass(ms: number) {
      now += ms;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
      await settle();
    },
  };
}

/** Lets all that can go on go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function pollerWith(fetch: (request: FetchRequest) => Promise<FetchReport>) {
  const time = fakeTime();
  const warnings: string[] = [];
  const { store, rows } = fakeStore();
  const ports = fetchPorts(store, () => expect.unreachable());
  const poller = createPoller({
    ...ports,
    ...time,
    fetch,
    random: () => 0.5,
    warn: (text) => void warnings.push(text),
  });
  return { poller, time, warnings, stateOf: () => rows.find((row) => row.account === account)! };
}

async function stopping(poller: Poller, test: () => Promise<void>): Promise<void> {
  try {
    await test();
  } finally {
    await poller.stop();
  }
}

test("a source is polled at the start and by its interval, and what came of it is written", async () => {
  let polls = 0;
  const { poller, time, stateOf } = pollerWith(() => Promise.resolve((polls++, fine)));
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf({ intervalMs: 5 * MINUTE }) }]);
    await time.pass(1_000);
    expect(polls).toBe(1);
    await time.pass(4 * MINUTE);
    expect(polls).toBe(1);
    await time.pass(MINUTE);
    expect(polls).toBe(2);
    expect(stateOf()).toMatchObject({
      lastOutcome: "ok",
      failures: 0,
      nextFetchAt: time.clock.now() + 5 * MINUTE,
    });
  });
});

test("failures are repeated with growing delays", async () => {
  const polledAt: number[] = [];
  const { poller, time, stateOf } = pollerWith(() => {
    polledAt.push(time.clock.now());
    return Promise.resolve({ ...fine, failure: negative("busy", "IN-USE"), failureKind: "in-use" as const });
  });
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf() }]);
    await time.pass(1_000);
    for (let minute = 0; minute < 8; minute++) await time.pass(MINUTE);
    expect(polledAt.map((at) => Math.round((at - polledAt[0]!) / MINUTE))).toEqual([0, 1, 3, 7]);
    expect(stateOf()).toMatchObject({
      lastOutcome: "another program has the mailbox open there (-ERR [IN-USE] busy)",
      failures: 4,
    });
  });
});

test("by command a source is polled at once, once for all who ask meanwhile", async () => {
  let polls = 0;
  const { promise, resolve } = Promise.withResolvers<FetchReport>();
  const { poller } = pollerWith(() => (polls++, promise));
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf() }, { account: "other", source: sourceOf() }]);
    const asked = [poller.poll({ account: account.toUpperCase() }), poller.poll({ account, source: "private" })];
    await settle();
    resolve({ ...fine, fetched: 3 });
    expect(await Promise.all(asked)).toEqual(
      [0, 1].map(() => [{ account, source: "private", report: { ...fine, fetched: 3 } }]),
    );
    expect(polls).toBe(1);
    expect(await poller.poll({ account: "nobody" })).toEqual([]);
  });
});

test("the brake pauses a source until its owner lets it go on", async () => {
  const releases: boolean[] = [];
  const { poller, time, stateOf } = pollerWith(({ brakeReleased }) => {
    releases.push(brakeReleased);
    return Promise.resolve({ ...fine, brake: brakeReleased ? null : "all gone" });
  });
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf() }]);
    await time.pass(1_000);
    await time.pass(100 * MINUTE);
    expect(releases).toEqual([false]);
    expect(stateOf()).toMatchObject({ pausedBecause: "all gone", nextFetchAt: null });
    await poller.poll({ account }, true);
    expect(stateOf()).toMatchObject({ pausedBecause: null, lastOutcome: "ok" });
    await time.pass(5 * MINUTE);
    expect(releases).toEqual([false, true, false]);
  });
});

test("a changed source ends its poll first and begins anew at once; an unchanged one is left alone", async () => {
  const log: string[] = [];
  const { poller, time, stateOf } = pollerWith(({ source: { username }, signal }) => {
    log.push(`begin ${username}`);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        log.push(`end ${username}`);
        resolve({ ...fine, failure: negative("stopped"), failureKind: "stopped" });
      });
    });
  });
  await stopping(poller, async () => {
    const one = { account, source: sourceOf({ username: "one" }) };
    await poller.update([one]);
    await time.pass(1_000);
    await poller.update([{ account, source: sourceOf({ username: "one" }) }]);
    await time.pass(1_000);
    await poller.update([{ account, source: sourceOf({ username: "one", password: new Secret("new") }) }]);
    await time.pass(1_000);
    await poller.update([]);
    await time.pass(100 * MINUTE);
    expect(log).toEqual(["begin one", "end one", "begin one", "end one"]);
    expect(stateOf().lastOutcome).toBeNull();
  });
});

test("no more than four sources are polled at once", async () => {
  let now = 0;
  let most = 0;
  const { poller, time } = pollerWith(async () => {
    most = Math.max(most, ++now);
    await settle();
    now--;
    return fine;
  });
  await stopping(poller, async () => {
    const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
    await poller.update(names.map((name) => ({ account, source: sourceOf({ name }) })));
    await time.pass(1_000);
    expect(await poller.poll({ account })).toHaveLength(9);
    expect(most).toBe(4);
  });
});

test("a store that cannot write the state is told, and the source is polled again", async () => {
  let polls = 0;
  const { poller, time, warnings, stateOf } = pollerWith(() => Promise.resolve((polls++, fine)));
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf() }]);
    Object.freeze(stateOf());
    await time.pass(1_000);
    expect(warnings[0]).toMatch(/^the state of source private of alice could not be written$/);
    await time.pass(5 * MINUTE);
    expect(polls).toBe(2);
  });
});

const lineDown: FetchReport = { ...fine, failure: negative("no line", "SYS/TEMP", "no line"), failureKind: "line" };

test("the first source that finds the line again wakes all that wait for it, and no others", async () => {
  const polls: string[] = [];
  let isDown = true;
  const { poller, time } = pollerWith(({ source: { name } }) => {
    polls.push(name);
    if (name === "refused") return Promise.resolve({ ...fine, failure: negative("no", "AUTH"), failureKind: "auth" });
    return Promise.resolve(isDown ? lineDown : fine);
  });
  await stopping(poller, async () => {
    const names = ["a", "b", "refused"];
    await poller.update(names.map((name) => ({ account, source: sourceOf({ name }) })));
    await time.pass(1_000);
    // By now the delays have grown to minutes.
    for (let minute = 0; minute < 20; minute++) await time.pass(MINUTE);
    isDown = false;
    polls.length = 0;
    await poller.poll({ source: "a" });
    await settle();
    expect(polls).toEqual(["a", "b"]);
  });
});

test("a client that logs in has its sources polled where their last poll is old, and waits no longer than set", async () => {
  let polls = 0;
  let answer = Promise.withResolvers<FetchReport>();
  const { poller, time } = pollerWith(() => (polls++, answer.promise));
  await stopping(poller, async () => {
    const source = sourceOf({ intervalMs: 60 * MINUTE, fetchOnLoginMs: 5 * MINUTE, fetchOnLoginWaitMs: 2_000 });
    await poller.update([{ account, source }]);
    await time.pass(1_000);
    answer.resolve(fine);
    await settle();
    expect(polls).toBe(1);
    await time.pass(4 * MINUTE);
    await poller.freshen({ account });
    expect(polls).toBe(1);
    await time.pass(MINUTE);
    answer = Promise.withResolvers<FetchReport>();
    let isThrough = false;
    const login = poller.freshen({ account: account.toUpperCase() }).then(() => isThrough = true);
    await settle();
    expect([polls, isThrough]).toEqual([2, false]);
    await time.pass(2_000);
    await login;
    answer.resolve(fine);
    await settle();
    await time.pass(5 * MINUTE);
    // One that answers in time is waited for.
    await poller.freshen({ account });
    expect(polls).toBe(3);
    await poller.freshen({ account: "somebody else" });
    expect(polls).toBe(3);
  });
});

test("a client of an account that shares a source has it polled too; one whose server wants no logins has not", async () => {
  let polls = 0;
  let report: FetchReport = fine;
  const { poller, time } = pollerWith(() => (polls++, Promise.resolve(report)));
  await stopping(poller, async () => {
    const deliver = [{ recipient: "*@example.net", account: "bob" }];
    const source = sourceOf({ intervalMs: 600 * MINUTE, fetchOnLoginMs: MINUTE, deliver });
    await poller.update([{ account, source }]);
    await time.pass(1_000);
    await time.pass(2 * MINUTE);
    await poller.freshen({ account: "bob" });
    await settle();
    expect(polls).toBe(2);
    await time.pass(2 * MINUTE);
    report = { ...fine, loginDelayMs: 30 * MINUTE };
    await poller.freshen({ account: "bob" });
    await settle();
    await time.pass(20 * MINUTE);
    await poller.freshen({ account: "bob" });
    await settle();
    expect(polls).toBe(3);
    await time.pass(10 * MINUTE);
    await poller.freshen({ account: "bob" });
    await settle();
    expect(polls).toBe(4);
  });
});

test("what the next poll would do is asked without noting anything, and never beside a poll", async () => {
  const log: string[] = [];
  const { poller, time, stateOf } = pollerWith(async ({ isDryRun }) => {
    log.push(`begin ${isDryRun ? "dry" : "poll"}`);
    await settle();
    log.push("end");
    return { ...fine, foreseen: isDryRun ? { fetch: [], announce: [], remove: [] } : null };
  });
  await stopping(poller, async () => {
    await poller.update([{ account, source: sourceOf() }]);
    await time.pass(1_000);
    await settle();
    const before = { ...stateOf() };
    const both = await Promise.all([poller.foresee({ account }), poller.poll({ account })]);
    expect(both.map(([result]) => result!.report.foreseen === null)).toEqual([false, true]);
    expect(log).toEqual(["begin poll", "end", "begin dry", "end", "begin poll", "end"]);
    expect(before).toMatchObject({ lastOutcome: "ok" });
  });
});
