import { expect, test } from "vitest";
import { negative } from "../pop3/reply.ts";
import { Secret } from "../wire/secret.ts";
import { account, fine, MINUTE, pollerWith, settle, stopping } from "./poller-bench.ts";
import type { FetchReport } from "./report.ts";
import { sourceOf } from "./support.ts";

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
