/**
 * The demo's other side, in a process of its own: an upstream that takes mail, a source where mail arrives, and the
 * clients of a small office that send and read. Its first line of output says where it listens; the first line of its
 * input tells it where Waypost does. It ends when its input does.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { type Hop } from "../dialogue/phases.ts";
import { noRecorder, SessionLog } from "../dialogue/session.ts";
import type { Connection, Endpoint } from "../net/connection.ts";
import { listen } from "../net/listener.ts";
import { type MemoryMailbox, memoryMailboxes } from "../pop3/server/memory.ts";
import { servePop3 } from "../pop3/server/session.ts";
import { serveSmtp } from "../smtp/server/session.ts";
import { systemClock } from "../wire/clock.ts";
import { readMailbox, sendSample } from "./clients.ts";
import { arrivingMessage, sampleMessage } from "./samples.ts";
import { DEMO_ACCOUNTS, type DemoPorts } from "./settings.ts";
import { createSink } from "./sink.ts";

/** What the demo's process is told. */
export interface DemoStart {
  readonly smtp: Endpoint;
  readonly pop3: Endpoint;
  readonly password: string;
}

const LOOPBACK = { address: "127.0.0.1", port: 0 };
const LIMITS = { lineOctets: 12_288, commandTimeoutMs: 300_000, dataTimeoutMs: 300_000, maxRefusals: 100 };
const TLS_TIMEOUT_MS = 10_000;
/** How often a client sends, mail arrives, and mailboxes are read. */
const SEND_EVERY_MS = 1_500;
const ARRIVE_EVERY_MS = 3_000;
const READ_EVERY_MS = 4_000;
/** Messages that a source keeps: a demo that runs for days stays small. */
const KEPT_MESSAGES = 50;
/** Messages that a mail program reads at a time. */
const READ_MESSAGES = 2;

const never = new AbortController().signal;

function logOf(hop: Hop, { peer, local }: Connection): SessionLog {
  return new SessionLog({ id: 0, hop, peer, localPort: local.port }, noRecorder, systemClock);
}

async function startUpstream(): Promise<Endpoint> {
  const submissions = createSink(Math.random, systemClock);
  const listener = await listen(LOOPBACK, (connection) => {
    void serveSmtp({
      connection,
      log: logOf("smtp-server", connection),
      submissions,
      policy: {
        hostname: "provider.example",
        tls: { mode: "off" },
        auth: "off",
        mode: "queue",
        authWithoutTls: false,
        maxMessageOctets: 50_000_000,
        maxDataLineOctets: 1_000_000,
        maxRecipients: 100,
        maxMessages: 0,
        maxChatter: 1_000,
        dataTimeoutMs: 60_000,
        maxMessageMs: 600_000,
        minOctetsPerSecond: 0,
        tlsTimeoutMs: TLS_TIMEOUT_MS,
      },
      limits: LIMITS,
      turnedAway: null,
      signal: never,
    });
  });
  return listener.endpoint;
}

async function startSource(mailboxes: ReadonlyMap<string, MemoryMailbox>): Promise<Endpoint> {
  const served = memoryMailboxes(mailboxes);
  const policy = { tls: { mode: "off" }, loginWithoutTls: true, tlsTimeoutMs: TLS_TIMEOUT_MS } as const;
  const listener = await listen(LOOPBACK, (connection) => {
    const log = logOf("pop3-server", connection);
    void servePop3({ connection, log, mailboxes: served, policy, signal: never });
  });
  return listener.endpoint;
}

/** Runs something now and then, counting. What fails is tried again with the next turn: Waypost may be stopping. */
function repeat(everyMs: number, act: (turn: number) => Promise<void> | void): void {
  let turn = 0;
  const run = async () => {
    try {
      await act(turn++);
    } catch {
      turn--;
    }
    setTimeout(run, everyMs);
  };
  void run();
}

async function main(): Promise<void> {
  const mailboxes = new Map(DEMO_ACCOUNTS.map((login) => [login, { password: "demo", messages: [] } as MemoryMailbox]));
  const [smtp, pop3] = await Promise.all([startUpstream(), startSource(mailboxes)]);
  const ports: DemoPorts = { smtp: smtp.port, pop3: pop3.port };
  process.stdout.write(`${JSON.stringify(ports)}\n`);
  const input = createInterface({ input: process.stdin });
  input.on("close", () => process.exit(0));
  input.once("line", (line) => {
    const start = JSON.parse(line) as DemoStart;
    repeat(SEND_EVERY_MS, (turn) => sendSample(start.smtp, sampleMessage(turn, Date.now())));
    repeat(ARRIVE_EVERY_MS, (turn) => {
      const login = DEMO_ACCOUNTS[turn % DEMO_ACCOUNTS.length]!;
      const mailbox = mailboxes.get(login)!;
      const octets = arrivingMessage(turn, login, Date.now());
      mailbox.messages = [...mailbox.messages, { uidl: `${Date.now()}.${turn}`, octets }].slice(-KEPT_MESSAGES);
    });
    repeat(READ_EVERY_MS, (turn) => {
      const login = DEMO_ACCOUNTS[turn % DEMO_ACCOUNTS.length]!;
      return readMailbox(start.pop3, login, start.password, READ_MESSAGES);
    });
  });
}

await main();
