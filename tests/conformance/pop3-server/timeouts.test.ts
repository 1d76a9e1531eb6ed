import { expect, test } from "vitest";
import { memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import { play } from "./play.ts";
import { messageOf } from "./script.ts";
import { mailboxOf, serveOnPipe } from "./support.ts";

const HOUR_MS = 3_600_000;
const LOGIN = "S: +OK …\nC: USER mrose\nS: +OK …\nC: PASS secret\nS: +OK …";

function serveOne(limits: NonNullable<Parameters<typeof serveOnPipe>[1]>["limits"]) {
  const mailboxes = memoryMailboxes(new Map([["mrose", mailboxOf([messageOf(4_000_000)])]]));
  return serveOnPipe(mailboxes, {
    limits: { commandTimeoutMs: HOUR_MS, loginTimeoutMs: HOUR_MS, dataTimeoutMs: HOUR_MS, ...limits },
  });
}

test.each(["S: +OK …", "S: +OK …\nC: USER mrose\nS: +OK …", "S: +OK …\nC: AUTH PLAIN\nS: + …"])(
  "a client that is silent before it has logged in is dropped after loginTimeoutMs (%j)",
  async (beginning) => {
    const { client, record } = serveOne({ loginTimeoutMs: 30 });
    expect(await play(client, beginning)).toEqual([]);
    expect(await client.readLine(1000, HOUR_MS, "the end")).toBeNull();
    expect(await record).toMatchObject({ outcome: "timeout", endedIn: "authorization" });
  },
);

test("a client that has logged in may be silent for commandTimeoutMs", async () => {
  const { client, record } = serveOne({ commandTimeoutMs: 30 });
  expect(await play(client, LOGIN)).toEqual([]);
  expect(await client.readLine(1000, HOUR_MS, "the end")).toBeNull();
  expect(await record).toMatchObject({ outcome: "timeout", endedIn: "transaction" });
});

test("a client that leaves a message untaken is dropped after dataTimeoutMs", async () => {
  const { client, record } = serveOne({ dataTimeoutMs: 30 });
  expect(await play(client, `${LOGIN}\nC: RETR 1\nS: +OK …`)).toEqual([]);
  expect(await record).toMatchObject({ outcome: "timeout", endedIn: "transaction" });
});
