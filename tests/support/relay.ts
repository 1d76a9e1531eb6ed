import { Buffer } from "node:buffer";
import type { SessionRecord } from "../../src/dialogue/session.ts";
import { createAuthenticator } from "../../src/identity/authenticator.ts";
import { createDirectory, type Directory } from "../../src/identity/directory.ts";
import { createPasswordChecker } from "../../src/identity/passwords.ts";
import { createLoginThrottle } from "../../src/identity/throttle.ts";
import { createSubmissions, type SubmissionPorts } from "../../src/relay/accept.ts";
import { QueueWorker } from "../../src/relay/worker.ts";
import type { WorkerPorts } from "../../src/relay/worker-ports.ts";
import {
  type Account,
  type Alias,
  type Device,
  parseEntry,
  type Route,
  type Settings,
  type Upstream,
} from "../../src/settings.ts";
import type { EnvelopeRecipient } from "../../src/smtp/envelope.ts";
import type { SmtpReply } from "../../src/smtp/reply.ts";
import type { Sender, Submissions, SubmissionStart } from "../../src/smtp/server/ports.ts";
import { createIds, parseId } from "../../src/store/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { systemClock } from "../../src/wire/clock.ts";

/** Entries of a directory, as they would stand in the settings. */
export interface Entries {
  readonly upstreams?: readonly Partial<Upstream>[];
  readonly routes?: readonly Record<string, unknown>[];
  readonly accounts?: readonly Record<string, unknown>[];
  readonly devices?: readonly Record<string, unknown>[];
  readonly aliases?: readonly Alias[];
}

/** A directory of entries; upstreams are on this machine, without TLS, with short timeouts. */
export function directoryOf(
  { upstreams = [], routes = [], accounts = [], devices = [], aliases = [] }: Entries,
): Directory {
  const settings = {
    upstreams: upstreams.map(upstreamOf),
    routes: routes.map((value) => entryOf<Route>("route", value)),
    accounts: accounts.map((value) => entryOf<Account>("account", value)),
    devices: devices.map((value) => entryOf<Device>("device", value)),
    aliases,
  };
  return createDirectory(settings as unknown as Settings, { accounts: [], upstreams: [], routes: [], devices: [] });
}

function upstreamOf(changes: Partial<Upstream>): Upstream {
  const plain = entryOf<Upstream>("upstream", { name: "first", host: "127.0.0.1", port: 1, tls: "off" });
  const timeouts = { connectTimeoutMs: 1000, commandTimeoutMs: 1000, dataTimeoutMs: 1000, finalReplyTimeoutMs: 1000 };
  return { ...plain, ...timeouts, ...changes };
}

function entryOf<T>(kind: "upstream" | "route" | "account" | "device", value: unknown): T {
  const parsed = parseEntry(kind, value);
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.entry as T;
}

/** The relay of a test: takes messages, delivers them, and tells what became of them. */
export interface TestRelay {
  readonly worker: QueueWorker;
  readonly submissions: Submissions;
  /** Sessions with upstreams that have ended. */
  readonly records: readonly SessionRecord[];
  readonly warnings: readonly string[];
  /** Takes a message; gives its id, or the reply that refuses it. */
  take(message: TestMessage): Promise<number | SmtpReply>;
  stop(): Promise<void>;
}

/** A message to take. */
export interface TestMessage
  extends Partial<Pick<SubmissionStart, "body" | "smtpUtf8" | "returnContent" | "envelopeId">> {
  readonly from?: string;
  readonly to?: readonly (string | EnvelopeRecipient)[];
  readonly text?: string;
  readonly account?: string | null;
  /** Instead of an account: who sends. */
  readonly sender?: Sender;
}

/** Starts a relay on a store. */
export async function startRelay(
  store: Store,
  directory: () => Directory,
  { hasRoom = () => true, ...changes }: Partial<WorkerPorts & Pick<SubmissionPorts, "hasRoom">> = {},
): Promise<TestRelay> {
  const records: SessionRecord[] = [];
  const warnings: string[] = [];
  const nextId = createIds(systemClock, 0);
  const worker = new QueueWorker({
    store,
    clock: systemClock,
    nextId,
    recorder: { opened: () => undefined, ended: (record) => void records.push(record) },
    hostname: () => "relay.test",
    directory,
    owner: "this-node",
    policy: () => ({
      retry: { firstMs: 150, factor: 1, maxMs: 150, jitter: 0 },
      lifetimeMs: 60_000,
      hotMemory: 1_000_000,
    }),
    random: () => 0.5,
    warn: (text) => void warnings.push(text),
    ...changes,
  });
  const submissions = createSubmissions({
    store,
    clock: systemClock,
    nextId,
    hostname: () => "relay.test",
    received: () => ({ limit: 20, ownLimit: 3, showsClient: true }),
    queue: worker,
    lane: (name) => worker.lane(name),
    warn: (text) => void warnings.push(text),
    directory,
    authenticator: createAuthenticator({
      directory,
      passwords: createPasswordChecker(),
      throttle: createLoginThrottle(),
      clock: systemClock,
    }),
    allowPublicNetworks: () => false,
    refusedClients: { note: () => undefined, stop: () => Promise.resolve() },
    allowWithoutAuth: () => ({ contains: () => true, list: [] }),
    hasRoom,
  });
  await worker.start();
  return {
    worker,
    submissions,
    records,
    warnings,
    take: (message) => take(submissions, message),
    stop: () => worker.stop(),
  };
}

async function take(
  submissions: Submissions,
  {
    from = "a@example.net",
    to = ["b@example.org"],
    text = "Subject: one\r\n\r\nText.\r\n",
    account = null,
    sender = { account, name: account ?? "192.0.2.9" },
    body = "7bit",
    smtpUtf8 = false,
    returnContent = null,
    envelopeId = null,
  }: TestMessage,
): Promise<number | SmtpReply> {
  const submission = submissions.begin({
    sender,
    reversePath: from,
    recipients: to.map((recipient) => typeof recipient === "string" ? { address: recipient } : recipient),
    body,
    smtpUtf8,
    returnContent,
    envelopeId,
    announcedOctets: null,
    sessionId: 1,
    peer: { address: "192.0.2.9", port: 1 },
    helo: "client.example",
    esmtp: true,
    tls: null,
  });
  const octets = Buffer.from(text, "latin1");
  for (let from = 0; from < octets.length; from += 16_384) await submission.write(octets.subarray(from, from + 16_384));
  const reply = await submission.commit();
  const id = /Queued as (\w+)/.exec(reply.lines[0] ?? "")?.[1];
  return id === undefined ? reply : parseId(id)!;
}
