import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";
import { freePort } from "../support/free-port.ts";
import { commandsIn, wideLines } from "./support.ts";

const scene = createScene();

interface QueueList {
  readonly waitingMessages: number;
  readonly heldMessages: number;
  readonly messages: readonly { readonly id: string; readonly recipients: readonly { readonly state: string }[] }[];
}

interface TraceResult {
  readonly traces: readonly {
    readonly id: string;
    readonly steps: readonly { readonly place: string; readonly event: string; readonly session: unknown }[];
  }[];
}

const MESSAGE = Buffer.from(
  "Message-ID: <trace-1@example.net>\r\nFrom: a@example.net\r\nSubject: \u001b[31mred\r\n\r\ntext\r\n",
);

function settings(port: number): string {
  return relaySettings({
    upstreams: [{ port }],
    allowWithoutAuth: ["127.0.0.0/8"],
    more: '[telemetry]\nflush_interval = "100ms"\n',
  }).replace('first = "1s"', 'first = "1h"').replace('max = "1s"', 'max = "1h"');
}

async function send(port: number, to: string): Promise<void> {
  const smtp = await RawSmtp.connect({ port });
  await smtp.ask(250, "EHLO client.example");
  await smtp.send("a@example.net", [to], MESSAGE);
  await smtp.quit();
}

test("waiting mail is listed, held, released and retried through the server, then traced to its delivery", async () => {
  const folder = scene.folder();
  const port = await freePort();
  const waypost = await scene.waypost(folder, settings(port));
  const { run, json } = commandsIn(folder);
  await send(waypost.smtp[0]!.port, "b@example.org");
  const id = await waitFor("the first attempt", async () => {
    const { messages } = await json<QueueList>(["queue", "list"]);
    return JSON.stringify(messages).includes("no connection") ? messages[0]!.id : null;
  });

  expect(await json(["queue", "hold", id])).toEqual({ action: "hold", by: "server", results: [{ id, changed: 1 }] });
  expect(await run(["queue", "hold", id])).toMatchObject({ code: 1, err: expect.stringContaining("nothing to hold") });
  expect(await json(["queue", "list"])).toMatchObject({ waitingMessages: 0, heldMessages: 1, messages: [{ id }] });
  expect(await run(["queue", "send-by", "--by", "upstream-1", id])).toMatchObject({
    code: 0,
    out: "send-by: 1 message, 1 recipient\n1 message is held: it goes by upstream-1 once it is released.\n",
  });
  const shown = await run(["queue", "show", id.toLowerCase()]);
  expect(shown.out).toContain("b@example.org: held");
  expect(shown.out, "control characters of the message").not.toContain("\u001b");
  expect(await run(["queue", "release", id])).toMatchObject({ code: 0, out: "release: 1 message, 1 recipient\n" });

  const upstream = await scene.upstream({ port });
  await waitFor("the delivery", async () => {
    if (upstream.messages.length === 0) await run(["queue", "retry", "--all"]);
    return upstream.messages.length > 0;
  });
  await waitFor("the settlement", async () => (await json<QueueList>(["queue", "list"])).waitingMessages === 0);
  expect(await run(["queue", "list"])).toMatchObject({ code: 0, out: "The queue is empty.\n" });
  const { traces } = await json<TraceResult>(["trace", "<trace-1@example.net>"]);
  expect(traces).toMatchObject([{ id }]);
  const { steps } = traces[0]!;
  expect(steps[0]).toMatchObject({ place: "smtp-server" });
  const inQueue = steps.filter(({ place }) => place === "queue").map(({ event }) => event);
  expect(inQueue.slice(0, 2)).toEqual(["stored for 1 recipient", "by local: hold"]);
  expect(inQueue[3]).toBe("by local: release");
  expect(steps.at(-1)!.event).toBe("done: delivered 1");
  const page = await run(["trace", id]);
  expect(page.out).toContain("received from 127.0.0.1, without a login");
  expect(page.out).toContain("upstream-1 took it");
  expect(wideLines(page.out + shown.out)).toEqual([]);
  expect(await run(["trace", "unknown@example.net"])).toMatchObject({ code: 1, out: "" });
});

test("without a server the commands act on the database, and the next start goes on from there", async () => {
  const folder = scene.folder();
  const port = await freePort();
  const waypost = await scene.waypost(folder, settings(port));
  const { run, json } = commandsIn(folder);
  await send(waypost.smtp[0]!.port, "b@example.org");
  await send(waypost.smtp[0]!.port, "c@example.org");
  await waypost.stop();
  const { messages } = await json<QueueList>(["queue", "list", "--limit", "1"]);
  expect(messages).toHaveLength(1);
  const held = await json<{ by: string; results: unknown[] }>(["queue", "hold", "--all"]);
  expect(held).toMatchObject({ by: "database", results: [{ changed: 1 }, { changed: 1 }] });
  expect(await run(["queue", "remove", messages[0]!.id])).toMatchObject({ code: 0 });
  await json(["queue", "release", "--all"]);
  const upstream = await scene.upstream({ port });
  await scene.waypost(folder, settings(port));
  await waitFor("the delivery", () => upstream.messages.length === 1);
});

test("the status says why mail waits, whether the server runs or not, and no line is too wide", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, settings(await freePort()));
  const { run, json } = commandsIn(folder);
  await send(waypost.smtp[0]!.port, "b@example.org");
  await waitFor("the first attempt", async () => (await run(["status"])).out.includes("no connection"));
  const running = await json<{ server: { state: string; endpoints: unknown[] } }>(["status"]);
  expect(running).toMatchObject({
    server: { state: "running", pid: waypost.pid },
    upstreams: [{ name: "upstream-1", last: { outcome: "deferred" }, deliveredAt: null }],
    queue: { waitingMessages: 1, heldMessages: 0, reasons: [{ upstream: "upstream-1", messages: 1 }] },
    mailboxes: [],
    disk: { freeOctets: expect.any(Number), databaseOctets: expect.any(Number) },
  });
  expect(running.server.endpoints).toHaveLength(3);
  const { out } = await run(["status"]);
  for (const word of ["Server", "Line", "Queue", "Mailboxes", "Disk", "1 message for upstream-1 since"]) {
    expect(out).toContain(word);
  }
  expect(wideLines(out)).toEqual([]);
  await waypost.kill();
  expect(await json(["status"])).toMatchObject({ server: { state: "stopped" }, queue: { waitingMessages: 1 } });
});

test("a message that waits for the pace of its upstream is shown so, and not as being tried", async () => {
  const upstream = await scene.upstream();
  const folder = scene.folder();
  const slow = relaySettings({
    upstreams: [{ port: upstream.port, more: "messages_per_minute = 1" }],
    allowWithoutAuth: ["127.0.0.0/8"],
  });
  const waypost = await scene.waypost(folder, slow);
  const { run } = commandsIn(folder);
  await send(waypost.smtp[0]!.port, "b@example.org");
  await send(waypost.smtp[0]!.port, "c@example.org");
  const shown = await waitFor("the turn", async () => {
    const { out } = await run(["queue", "list"]);
    return out.includes("waits its turn") ? out : null;
  });
  expect(shown).toContain("to c@example.org\n    upstream-1: waits its turn (1 per minute)");
  expect(shown).not.toContain("being tried");
  const id = /^([0-9A-Z]+) /.exec(shown)![1]!;
  expect(await run(["queue", "retry", id])).toMatchObject({
    code: 1,
    err: `${id}: nothing to retry: for upstream-1 it waits its turn (1 per minute)\n`,
  });
  expect((await run(["queue", "retry", "--all"])).out).toContain("1 message waits its turn already");
});
