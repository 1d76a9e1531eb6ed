import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { createDashboard } from "./app.ts";
import { awaitedBy, awaitedOf } from "./awaited.ts";

let desk: TestDashboard;
let cookie: string;
beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  const { store, clock, known } = desk;
  const reply = "no connection: cannot connect to smtp.example.net:587: refused";
  const row = {
    messageId: known.waiting,
    positions: [0, 1, 2],
    upstream: "provider",
    reply,
    until: clock.now() + HOUR,
  };
  await store.write("putOff", { rows: [row], now: clock.now() + HOUR });
});
afterAll(() => desk.close());

const HOUR = 3_600_000;
const reply = { code: 451, enhanced: "4.4.1", lines: ["no connection"], local: true } as const;

test("of upstreams that take nothing those are awaited that are asked until they do", () => {
  const awaited = awaitedOf([
    { name: "away", down: { reply, until: 5_000, isAsked: true } },
    { name: "used-up", down: { reply, until: 9_000, isAsked: false } },
    { name: "well", down: null },
  ]);
  expect([...awaited]).toEqual([["away", 5_000]]);
  const row = { state: "waiting", leaseOwner: null, awaitsLine: true, upstream: "away" } as const;
  expect(awaitedBy(row, awaited)).toEqual({ upstream: "away", askedAt: 5_000 });
  for (const other of [{ leaseOwner: "me" }, { awaitsLine: null }, { upstream: "well" }, { state: "held" as const }]) {
    expect(awaitedBy({ ...row, ...other }, awaited)).toBeNull();
  }
  expect(awaitedBy(row)).toBeNull();
});

/** Asks a dashboard to whom the worker says that the upstream is away. */
async function ask(path: string): Promise<Response> {
  const { ports, clock } = desk;
  const app = createDashboard({ ...ports, awaited: () => new Map([["provider", clock.now() + 40_000]]) });
  return await app.request(`http://localhost${path}`, { headers: { cookie, host: "localhost" } }, {
    incoming: { socket: { remoteAddress: "127.0.0.1" } },
  });
}

test("the queue says that mail goes as soon as its upstream answers, not at its next attempt, and who said why", async () => {
  const page = await (await ask("/queue")).text();
  expect(page).toContain("as soon as provider answers");
  expect(page).toContain("asked again at");
  expect(page).toMatch(/<b>Not sent to provider<\/b>\s*<span class="reply">no connection: /);
  const api = await (await ask("/api/v1/queue")).json() as {
    reasons: unknown[];
    messages: { recipients: unknown[] }[];
  };
  const awaits = { upstream: "provider", askedAt: new Date(desk.clock.now() + 40_000).toISOString() };
  expect(api.messages[0]!.recipients[0]).toMatchObject({ awaits, lastReplyBy: "waypost" });
  expect(api.reasons[0]).toMatchObject({ awaits, lastReplyBy: "waypost" });
});

test("its journey ends with when the upstream is asked again, and tells what a server said from what none did", async () => {
  const page = await (await ask(`/messages/${formatId(desk.known.waiting)}`)).text();
  expect(page).toContain("as soon as provider answers");
  expect(page).not.toContain("Next attempt");
  const turns = await (await ask("/api/v1/queue/turns")).json();
  expect(turns).toMatchObject({ awaited: [{ upstream: "provider" }] });
});
