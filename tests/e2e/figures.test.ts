import path from "node:path";
import { expect, test, vi } from "vitest";
import { findServer } from "../../src/control/control.ts";
import { type CountingProxy, type ProxyChoice, startCountingProxy } from "../support/counting-proxy.ts";
import { RawClient, RawSmtp } from "../support/raw-smtp.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { sourceMessage, startSource } from "../support/scripted-source.ts";
import { waitFor } from "../support/wait.ts";

const scene = createScene();
const HOPS = ["smtp-server", "smtp-client", "pop3-client", "pop3-server"] as const;
type HopName = (typeof HOPS)[number];

/** What the overview and the proxies have in common. */
interface Figures {
  readonly sessions: number;
  readonly messages: number;
  readonly phases: readonly {
    readonly sessions: number;
    readonly failures: number;
    readonly octetsIn: number;
    readonly octetsOut: number;
  }[];
}

interface Queue {
  readonly waitingRecipients: number;
}

async function proxy(choice: ProxyChoice): Promise<CountingProxy> {
  const started = await startCountingProxy(choice);
  scene.atEnd(() => started.stop());
  return started;
}

/** The overview's figures of a hop, by the API. */
async function overviewOf(folder: string): Promise<Record<HopName, Figures>> {
  const server = (await findServer(path.join(folder, "data")))!;
  const { hops } = await server.ask({ method: "GET", path: "/api/v1/overview" }) as {
    hops: (Figures & { hop: HopName })[];
  };
  const figures = hops.map(({ hop, sessions, messages, phases }) => {
    const shown = phases.map(({ sessions, failures, octetsIn, octetsOut }) => ({
      ...{ sessions, failures, octetsIn, octetsOut },
    }));
    return [hop, { sessions, messages, phases: shown }];
  });
  return Object.fromEntries(figures) as Record<HopName, Figures>;
}

/** What was counted at the sockets, and what is known of it. */
function judged(
  hop: HopName,
  connections: CountingProxy["connections"],
  known: { readonly messages: number; readonly failures: readonly number[] },
): Figures {
  const isServer = hop.endsWith("server");
  const sum = (phase: number, what: "fromClient" | "fromServer") =>
    connections.reduce((total, one) => total + one[phase]![what], 0);
  return {
    sessions: connections.length,
    messages: known.messages,
    phases: known.failures.map((failures, phase) => ({
      sessions: connections.filter((one) => one[phase]!.passed).length,
      failures,
      octetsIn: sum(phase, isServer ? "fromClient" : "fromServer"),
      octetsOut: sum(phase, isServer ? "fromServer" : "fromClient"),
    })),
  };
}

/** Whether a connection only asked whether the line is back: it moves no mail and is counted nowhere. */
function isProbe([, transfer, termination]: CountingProxy["connections"][number]): boolean {
  return !transfer!.passed && termination!.passed;
}

/** Clients that send by SMTP, and some that fail; gives how many messages were taken. */
async function sendLoad(port: number): Promise<number> {
  const client = async (messages: number) => {
    const smtp = await RawSmtp.connect({ port });
    await smtp.ask(250, "EHLO client.example");
    for (let index = 1; index <= messages; index++) {
      await smtp.send("a@example.net", ["b@example.org", "c@example.org"], sampleMessage(index * 1_000));
    }
    await smtp.ask(503, "RCPT TO:<late@example.org>");
    await smtp.quit();
    return messages;
  };
  const sent = await Promise.all([client(1), client(5), client(12), client(0)]);
  const left = await RawSmtp.connect({ port });
  await left.ask(250, "EHLO leaves.example");
  left.client.destroy();
  const silent = await RawClient.connect({ port });
  await silent.readLine();
  silent.destroy();
  const broken = await RawSmtp.connect({ port });
  await broken.ask(250, "EHLO breaks.example");
  await broken.ask(250, "MAIL FROM:<a@example.net>");
  await broken.ask(250, "RCPT TO:<b@example.org>");
  await broken.ask(354, "DATA");
  await broken.client.write("Subject: half of it\r\n\r\nhalf a li");
  broken.client.destroy();
  // What is pipelined within a phase counts in it.
  const hasty = await RawSmtp.connect({ port });
  await hasty.ask(250, "EHLO hasty.example");
  await hasty.client.write("MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n");
  for (const code of [250, 250, 354]) await hasty.expect(code);
  await hasty.client.write("Subject: quick\r\n\r\nquick\r\n.\r\nNOOP\r\nRSET\r\n");
  for (const code of [250, 250, 250]) await hasty.expect(code);
  await hasty.quit();
  return sent.reduce((sum, count) => sum + count, 1);
}

/** A client that reads a mailbox by POP3, and some that fail; gives how many messages were read. */
async function readLoad(port: number, count: number): Promise<number> {
  const logIn = async () => {
    const pop3 = await openPop3(port);
    await pop3.ask(`USER ${alice.login}`);
    await pop3.ask(`PASS ${alice.password}`);
    return pop3;
  };
  const reader = await logIn();
  await reader.list("UIDL");
  for (let number = 1; number <= count; number++) await reader.retrieve(number);
  await reader.quit();
  const leaver = await logIn();
  await leaver.ask("STAT");
  leaver.client.destroy();
  const guesser = await openPop3(port);
  await guesser.ask("USER nobody");
  await expect(guesser.ask("PASS wrong")).rejects.toThrow("-ERR");
  guesser.client.destroy();
  return count;
}

async function openPop3(port: number): Promise<RawPop3> {
  const client = await RawClient.connect({ port });
  const pop3 = Object.assign(Object.create(RawPop3.prototype) as RawPop3, { client });
  await pop3.ok();
  return pop3;
}

test(
  "the overview's figures are exactly those of the sockets, also after a restart",
  async () => {
    const folder = scene.folder();
    const upstream = await scene.upstream();
    const inbox = Array.from(
      { length: 9 },
      (_, index) => sourceMessage(`u${index}`, sampleMessage(3_000 + index * 700)),
    );
    const source = await startSource(inbox);
    scene.atEnd(() => source.stop());
    // Each phase of sending and fetching fails once.
    const smtpOut = await proxy({
      target: upstream.port,
      protocol: "smtp",
      // The second asks whether the line is back.
      cutAt: (number, line) => line.startsWith(["EHLO", "never", "DATA", "QUIT"][number - 1] ?? "never"),
    });
    const popOut = await proxy({
      target: source.port,
      protocol: "pop3",
      cutAt: (number, line) => line.startsWith(["PASS", "RETR", "QUIT"][number - 1] ?? "never"),
    });
    const settings = relaySettings({
      upstreams: [{ port: smtpOut.port, more: "max_connections = 1" }],
      allowWithoutAuth: ["127.0.0.0/8"],
      accounts: `
[[account]]
login = "${alice.login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${popOut.port}
tls = "off"
username = "alice"
password = "source secret"
interval = "1h"`,
    });
    let waypost = await scene.waypost(folder, settings);
    const ask = async (target: string) =>
      await (await findServer(path.join(folder, "data")))!.ask({ method: "GET", path: target });
    const fetchNow = async () => {
      const server = (await findServer(path.join(folder, "data")))!;
      const before = popOut.connections.length;
      await server.ask({ method: "POST", path: "/api/v1/fetch", body: {} });
      await waitFor("a poll", () => popOut.connections.length > before && popOut.open() === 0);
    };
    await waitFor("the first poll", () => popOut.connections.length > 0 && popOut.open() === 0);
    while (popOut.connections.length < 4) await fetchNow();
    const smtpIn = await proxy({ target: waypost.smtp[0]!.port, protocol: "smtp" });
    const popIn = await proxy({ target: waypost.pop3[0]!.port, protocol: "pop3" });
    const taken = await sendLoad(smtpIn.port);
    const read = await readLoad(popIn.port, inbox.length);
    await waitFor("the queue to be empty", async () => (await ask("/api/v1/queue") as Queue).waitingRecipients === 0);
    const expected = () => ({
      "smtp-server": judged("smtp-server", smtpIn.connections, { messages: taken, failures: [2, 1, 0] }),
      "smtp-client": judged("smtp-client", smtpOut.connections.filter((one) => !isProbe(one)), {
        messages: upstream.messages.length,
        failures: [1, 1, 1],
      }),
      "pop3-client": judged("pop3-client", popOut.connections, { messages: inbox.length, failures: [1, 1, 1] }),
      "pop3-server": judged("pop3-server", popIn.connections, { messages: read, failures: [1, 1, 0] }),
    });
    // Connections to the upstream are kept for a while. The rest has ended; it is written every few seconds.
    await vi.waitFor(async () => {
      const { "smtp-client": _kept, ...shown } = await overviewOf(folder);
      expect(shown).toEqual({ ...expected(), "smtp-client": undefined });
    }, { timeout: 15_000, interval: 250 });

    await waypost.stop();
    waypost = await scene.waypost(folder, settings);
    expect(await overviewOf(folder)).toEqual(expected());
  },
  90_000,
);
