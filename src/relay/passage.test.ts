import { expect, test } from "vitest";
import { COMMAND_BY_COMMAND, createRelayScene } from "../../tests/support/relay-scene.ts";
import type { TestRelay } from "../../tests/support/relay.ts";
import { codesOf, sendAll, serveOnPipe } from "../../tests/support/smtp-session.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { parseId } from "../store/ids.ts";

const scene = createRelayScene();

const TEXT = "Subject: one\r\nMessage-ID: <one@client.example>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n" +
  "From: a@example.net\r\n\r\n..Text.\r\n";

/** A session of a client that needs no login. */
function session({ submissions }: Pick<TestRelay, "submissions">) {
  const sender = { account: null, name: "client" };
  return serveOnPipe({ submissions: { ...submissions, senderWithoutLogin: () => sender }, policy: { mode: "direct" } });
}

/** A client that sends all its commands at once. */
function speak(relay: Pick<TestRelay, "submissions">, recipients: readonly string[], text = TEXT) {
  const { client, over } = session(relay);
  const commands = ["EHLO client.example", "MAIL FROM:<a@example.net> BODY=8BITMIME"];
  for (const recipient of recipients) commands.push(`RCPT TO:<${recipient}>`);
  return sendAll(client, `${commands.join("\r\n")}\r\nDATA\r\n${text}.\r\nQUIT\r\n`).finally(() => over);
}

/** What is known of a message, by the id in a server's output. */
async function historyOf(output: string) {
  const id = parseId(/(?:Passed on|Queued) as (\w+)/.exec(output)![1]!)!;
  return await waitFor("the history", async () => await scene.historyOf(id));
}

const storedChunks = async () => (await scene.stored().sql("select count(*) as count from chunk"))[0]!["count"];

test("a message passes to the upstream while the client waits, and is stored nowhere", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const output = await speak(relay, ["b@example.org", "c@example.org"]);
  expect(output).toMatch(/^250 2\.0\.0 Passed on as \w+: taken\r$/m);
  expect(peer.commands).toEqual([
    "EHLO relay.test",
    "MAIL FROM:<a@example.net> BODY=8BITMIME",
    "RCPT TO:<b@example.org>",
    "RCPT TO:<c@example.org>",
    "DATA",
  ]);
  expect(peer.messages[0]).toMatch(/^Received: from client\.example .*\r\n(\s.*\r\n)+Subject: one\r\n/);
  expect(peer.messages[0]!.endsWith(TEXT.slice(TEXT.indexOf("Subject")))).toBe(true);
  const { message, recipients, deliveries } = await historyOf(output);
  expect(message).toMatchObject({ sender: "a@example.net", subject: "one", doneAt: expect.any(Number) });
  expect(recipients.map(({ state, lastReply }) => [state, lastReply])).toEqual([
    ["delivered", "250 2.0.0 taken"],
    ["delivered", "250 2.0.0 taken"],
  ]);
  expect(deliveries).toMatchObject([{ upstream: "first", outcome: "delivered", reply: "250 2.0.0 taken" }]);
  expect(await storedChunks()).toBe(0);
});

test("the connection is kept for the next message, and a kept one that has gone stale is replaced", async () => {
  const peer = await scene.peer({ MAIL: ["250 fine\r\n", "250 fine\r\n", "cut", "250 fine\r\n"] });
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  for (const _ of [1, 2, 3]) expect(await speak(relay, ["b@example.org"])).toMatch(/Passed on/);
  expect(peer.connections).toBe(2);
  expect(peer.messages).toHaveLength(3);
});

test("recipients go straight through while some are left of the day, then the queue sees to the message", async () => {
  const [peer, backup] = [await scene.peer({ RCPT: ["550 5.1.1 who?\r\n", "250 fine\r\n"] }), await scene.peer()];
  const upstreams = [{ name: "counted", port: peer.port, recipientsPerDay: 3 }, { name: "backup", port: backup.port }];
  const relay = await scene.relay({ upstreams, routes: [{ via: ["counted", "backup"] }] });
  expect(await speak(relay, ["nobody@example.org", "b@example.org", "c@example.org"])).toMatch(/Passed on as/);
  expect(relay.worker.lane("counted").state.recipientsInDay).toBe(2);
  const output = await speak(relay, ["d@example.org", "e@example.org"]);
  const id = parseId(/Queued as (\w+)/.exec(output)![1]!)!;
  expect((await scene.ended(id)).outcomes.sort()).toEqual(["backup delivered", "counted delivered"]);
  expect(relay.worker.lane("counted").state.recipientsInDay).toBe(3);
});

test("a recipient that the upstream refuses for good is refused at once, with its own words", async () => {
  const peer = await scene.peer({ RCPT: ["550 5.1.1 no such user h\u00e9re\r\n", "250 fine\r\n"] });
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const output = await speak(relay, ["nobody@example.org", "b@example.org"]);
  expect(output).toMatch(/^550 5\.1\.1 no such user h\?re\r$/m);
  expect((await historyOf(output)).recipients.map(({ address }) => address)).toEqual(["b@example.org"]);
});

test.each([
  ["MAIL", { MAIL: "550 5.7.1 not you\r\n" }, [220, 250, 250, 550, 503]],
  ["DATA", { DATA: "554 5.6.0 not this\r\n" }, [220, 250, 250, 250, 554]],
  ["the message", { message: "554 5.7.1 spam\r\n" }, [220, 250, 250, 250, 354, 554, 221]],
])("a refusal for good of %s is told at once, and nobody gets a report", async (_, script, codes) => {
  const peer = await scene.peer(script);
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  expect(codesOf(await speak(relay, ["b@example.org"])).slice(0, codes.length)).toEqual(codes);
  expect(await storedChunks()).toBe(0);
  const waiting = await scene.stored().sql("select count(*) as count from recipient where state = 'waiting'");
  expect(waiting[0]!["count"]).toBe(0);
});

test.each([
  ["says 421 to the connection", { greeting: ["421 4.3.2 busy\r\n", "220 peer.test\r\n"] }],
  ["says 450 to MAIL", { MAIL: ["450 4.2.1 too fast\r\n", "250 fine\r\n"] }],
  ["breaks off at MAIL", { MAIL: ["cut", "250 fine\r\n"] }],
  ["says 451 to a recipient", { RCPT: ["451 4.7.1 greylisted\r\n", "250 fine\r\n"] }],
  ["breaks off at a recipient", { RCPT: ["cut", "250 fine\r\n"] }],
  ["says 452 to DATA", { DATA: ["452 4.3.1 full\r\n", "354 go\r\n"] }],
  ["breaks off at DATA", { DATA: ["cut", "354 go\r\n"] }],
  ["does not take 8-bit text", { EHLO: COMMAND_BY_COMMAND }],
])("the queue takes the message when the upstream %s", async (_, script) => {
  const peer = await scene.peer(script);
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const output = await speak(relay, ["b@example.org"]);
  expect(output).toMatch(/^250 2\.0\.0 Queued as/m);
  relay.worker.retryNow();
  const { message } = await historyOf(output);
  await waitFor("the delivery", () => Promise.resolve(peer.messages.length === 1), 10_000);
  expect((await scene.ended(message.id)).states).toEqual(["delivered"]);
});

test("the queue takes a message for two upstreams, and one that nobody answers for", async () => {
  const [one, two] = [await scene.peer(), await scene.peer()];
  const relay = await scene.relay({
    upstreams: [{ name: "first", port: one.port }, { name: "second", port: two.port }],
    routes: [{ recipient: "*@second.test", via: ["second"] }],
  });
  const output = await speak(relay, ["b@example.org", "b@second.test"]);
  expect(output).toMatch(/Queued as/);
  expect((await scene.ended((await historyOf(output)).message.id)).states).toEqual(["delivered", "delivered"]);
  expect(one.commands).toContain("RSET");
});

test("the next upstream of the route takes a message when the first is away", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({
    upstreams: [{ name: "first", port: 1 }, { name: "second", port: peer.port }],
    routes: [{ via: ["first", "second"] }],
  });
  expect(await speak(relay, ["b@example.org"])).toMatch(/Passed on/);
});

test("where the connection breaks within a message the client is told to send it again", async () => {
  const peer = await scene.peer({ "within message": "cut" });
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const output = await speak(relay, ["b@example.org"], TEXT + "x".repeat(900).concat("\r\n").repeat(90));
  expect(output).toMatch(/^451 4\.4\.2 .*\r$/m);
  expect(await storedChunks()).toBe(0);
});

test("where the final reply is lost the client is told that nobody knows, and so is the history", async () => {
  const peer = await scene.peer({ message: "cut" });
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  expect(await speak(relay, ["b@example.org"])).toMatch(/^451 4\.4\.2 .* may arrive twice\r$/m);
  const deliveries = await waitFor("the history", async () => {
    const rows = await scene.stored().sql("select outcome from delivery");
    return rows.length === 1 && rows;
  });
  expect(deliveries[0]!["outcome"]).toBe("unknown");
});

test("half a message is never ended: the client leaves, the upstream hears no dot", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const { client, over } = session(relay);
  client.write(
    Buffer.from("EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nSubject: half\r\n"),
  );
  await client.flush(1000, "the server");
  await waitFor("DATA", () => Promise.resolve(peer.commands.includes("DATA")));
  client.destroy();
  await over;
  await relay.worker.stop();
  expect(peer.messages).toEqual([]);
});

test("a client that gives its message up before DATA leaves the upstream ready for the next", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const { client } = session(relay);
  const output = await sendAll(
    client,
    "EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nRSET\r\nQUIT\r\n",
  );
  expect(codesOf(output)).toEqual([220, 250, 250, 250, 250, 221]);
  expect(await speak(relay, ["b@example.org"])).toMatch(/Passed on/);
  expect(peer.connections).toBe(1);
  expect(peer.commands.filter((line) => line === "RSET")).toHaveLength(1);
});

test("what comes in chunks is not invited, and goes by the queue", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const { client } = session(relay);
  const text = "Subject: chunks\r\n\r\nText.\r\n";
  const commands =
    `EHLO c\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nBDAT ${text.length} LAST\r\n${text}QUIT\r\n`;
  const output = await sendAll(client, commands);
  expect(output).not.toMatch(/CHUNKING/);
  expect(output).toMatch(/Queued as/);
  await waitFor("the delivery", () => Promise.resolve(peer.messages.length === 1));
});

test("a full disk stops no message that passes straight through", async () => {
  const peer = await scene.peer();
  const relay = await scene.relay({ upstreams: [{ name: "first", port: peer.port }] });
  const refuseForNow = () => ({ code: 452, enhanced: "4.3.1", lines: ["full"] });
  const full = { ...relay, submissions: { ...relay.submissions, refuseForNow } };
  expect(await speak(full, ["b@example.org"])).toMatch(/Passed on/);
  await peer.close();
  expect(codesOf(await speak(full, ["b@example.org"]))).toContain(452);
});
