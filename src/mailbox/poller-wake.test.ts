import { expect, test } from "vitest";
import { negative } from "../pop3/reply.ts";
import { account, fine, MINUTE, pollerWith, settle, stopping } from "./poller-bench.ts";
import type { FetchReport } from "./report.ts";
import { sourceOf } from "./support.ts";

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
