import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultyPeer, startFaultyPeer } from "../../tests/support/faulty-peer.ts";
import { directoryOf, startRelay, type TestMessage } from "../../tests/support/relay.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { waitFor } from "../../tests/support/wait.ts";

const WITH_DSN = "250-peer.test\r\n250 DSN\r\n";
const WITHOUT_DSN = "250 peer.test\r\n";
const REFUSED = ["550 5.1.1 no such user\r\n", "250 ok\r\n"];

let stored: TemporaryStore;
beforeEach(async () => void (stored = await temporaryStore()));
afterEach(() => stored.remove());

/** Takes a message, waits until the queue is empty; gives what the upstream was told. */
async function relay(script: { EHLO: string; RCPT?: string[] }, message: TestMessage): Promise<FaultyPeer> {
  const upstream = await startFaultyPeer(script);
  const directory = directoryOf({ upstreams: [{ port: upstream.port }] });
  const relay = await startRelay(stored.store, () => directory);
  expect(typeof await relay.take(message)).toBe("number");
  await waitFor(
    "the queue to be empty",
    async () => (await stored.store.read("queueSize", null)).waitingMessages === 0,
  );
  await relay.stop();
  await upstream.close();
  return upstream;
}

const report = ({ messages }: FaultyPeer) => messages.find((text) => text.includes("multipart/report"));

test("what the sender asked about reports is passed on to an upstream that offers DSN", async () => {
  const { commands } = await relay({ EHLO: WITH_DSN }, {
    returnContent: "headers",
    envelopeId: "QQ314159",
    to: [
      { address: "b@example.org", notify: "SUCCESS,FAILURE", originalRecipient: "rfc822;b+2Bx@example.org" },
      { address: "c@example.org", notify: "NEVER" },
      "d@example.org",
    ],
  });
  expect(commands.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
    "MAIL FROM:<a@example.net> RET=HDRS ENVID=QQ314159",
    "RCPT TO:<b@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b+2Bx@example.org",
    "RCPT TO:<c@example.org> NOTIFY=NEVER",
    "RCPT TO:<d@example.org>",
  ]);
});

/** What was asked | what the upstream offers | what it does | the action that a report tells of, "none": no report. */
test.each<[string | null, string, string[] | undefined, string]>([
  [null, WITHOUT_DSN, REFUSED, "failed"],
  ["FAILURE", WITHOUT_DSN, REFUSED, "failed"],
  ["SUCCESS,FAILURE", WITH_DSN, REFUSED, "failed"],
  ["NEVER", WITHOUT_DSN, REFUSED, "none"],
  ["SUCCESS", WITHOUT_DSN, REFUSED, "none"],
  ["DELAY", WITH_DSN, REFUSED, "none"],
  [null, WITHOUT_DSN, undefined, "none"],
  ["FAILURE", WITHOUT_DSN, undefined, "none"],
  ["SUCCESS", WITHOUT_DSN, undefined, "relayed"],
  ["FAILURE,SUCCESS", WITHOUT_DSN, undefined, "relayed"],
  ["SUCCESS", WITH_DSN, undefined, "none"],
])("NOTIFY %s, upstream %j, answers %j: the report says %s", async (notify, EHLO, RCPT, expected) => {
  const upstream = await relay({ EHLO, ...RCPT && { RCPT } }, { to: [{ address: "b@example.org", notify }] });
  expect(/^Action: (\w+)/m.exec(report(upstream) ?? "Action: none")?.[1]).toBe(expected);
});

test("a report of a null reverse-path is never sent, whatever was asked", async () => {
  const to = [{ address: "b@example.org", notify: "SUCCESS" }];
  expect(report(await relay({ EHLO: WITHOUT_DSN }, { from: "", to }))).toBeUndefined();
});

test("a bounce names the envelope and the recipient as the sender did, decoded", async () => {
  const to = [{ address: "b@example.org", originalRecipient: "rfc822;team+2Bb@example.org" }];
  const text = report(await relay({ EHLO: WITHOUT_DSN, RCPT: REFUSED }, { envelopeId: "a+2Bb", to }));
  expect(text).toContain("Original-Envelope-Id: a+b\r\n");
  expect(text).toContain("Original-Recipient: rfc822; team+b@example.org\r\n");
});

const body = "Hello.\r\n".repeat(10);

test.each<[string, TestMessage, RegExp]>([
  ["nothing was said", {}, /text\/rfc822-headers/],
  ["RET=HDRS", { returnContent: "headers" }, /text\/rfc822-headers/],
  ["RET=FULL", { returnContent: "full" }, /message\/rfc822.*Subject: one.*(Hello\.\r\n){10}/s],
  ["RET=FULL and it is large", { returnContent: "full", text: body.repeat(5000) }, /text\/rfc822-headers/],
  ["RET=FULL and it has 8-bit text", { returnContent: "full", text: `${body}\xe4\r\n` }, /text\/rfc822-headers/],
])("a bounce returns as much of the message as it can where %s", async (_, message, expected) => {
  const text = `Subject: one\r\n\r\n${message.text ?? body}`;
  const EHLO = "250-peer.test\r\n250 8BITMIME\r\n";
  expect(report(await relay({ EHLO, RCPT: REFUSED }, { ...message, text }))).toMatch(expected);
});
