/** A dashboard over a real, temporary store with a little of everything in it, for tests. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createDashboard } from "../../src/dashboard/app.ts";
import type { DashboardPorts } from "../../src/dashboard/ports.ts";
import { renewSetupCode } from "../../src/dashboard/setup.ts";
import type { Hop } from "../../src/dialogue/phases.ts";
import { phasesOf } from "../../src/dialogue/phases.ts";
import { SessionLog } from "../../src/dialogue/session.ts";
import { type FetchPlan, resendMessage } from "../../src/mailbox/owner.ts";
import { trySource } from "../../src/mailbox/trial.ts";
import { sendTest, tryUpstream } from "../../src/relay/trial.ts";
import { createOwnerActions } from "../../src/relay/owner-actions.ts";
import { noteAudit } from "../../src/identity/audit.ts";
import { loadSettings } from "../../src/settings.ts";
import { testDirectory } from "./directory.ts";
import { createIds, formatId, type NextId } from "../../src/store/ids.ts";
import { PhaseRecorder } from "../../src/store/phases.ts";
import { openStore, type Store } from "../../src/store/store.ts";

/** Text that would run as a script if any page forgot to escape it. */
export const HOSTILE = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;

/** What every source would do next. */
const PLANS: readonly FetchPlan[] = [{
  account: "anna@example.net",
  source: "home",
  problem: null,
  fetch: {
    count: 1,
    octets: 3_000,
    first: [{ uidl: HOSTILE, octets: 3_000, id: null, sender: null, subject: null }],
  },
  announce: { count: 0, octets: 0, first: [] },
  postponed: 7,
  remove: {
    count: 201,
    octets: 2_000,
    first: [{ uidl: "s1", octets: 2_000, id: 1, sender: HOSTILE, subject: HOSTILE }],
  },
}];

/** The settings file of the tests. */
const FILE = `hostname = "waypost.lan"
[smtp]
max_message_size = "25MB"
[[upstream]]
name = "provider"
host = "smtp.example.net"
username = "office"
password = "upstream secret"
max_connections = 3
[[account]]
login = "anna@example.net"
password = "correct horse"
[account.source]
name = "home"
host = "pop.example.net"
username = "anna"
password = "staple"
[[device]]
name = "printer"
networks = ["192.168.1.30"]
from = "office@example.net"
[[route]]
recipient = "*@example.org"
via = ["provider"]
`;

function readTestFile() {
  const loaded = loadSettings("waypost.toml", {}, { readFile: () => FILE });
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  return loaded;
}

/** The token that the test's `isLocalToken` takes. */
export const LOCAL_TOKEN = "local-token-of-the-test";

/** Everything a test needs of it. */
export interface TestDashboard {
  readonly app: ReturnType<typeof createDashboard>;
  readonly ports: DashboardPorts;
  readonly store: Store;
  readonly recorder: PhaseRecorder;
  /** The clock, to be moved by tests. */
  readonly clock: { now(): number; ms: number };
  readonly code: string;
  /** Ids of what is in the store. */
  readonly known: Known;
  /** What was asked of the ports. */
  readonly asked: string[];
  /** Asks the app as a browser of this very machine. */
  ask(path: string, init?: RequestInit & { cookie?: string }): Promise<Response>;
  /** Makes the owner and signs in; gives the cookie. */
  signIn(): Promise<string>;
  close(): Promise<void>;
}

/** Ids of what is in the store. */
export interface Known {
  readonly waiting: number;
  readonly delivered: number;
  readonly cached: number;
  readonly mailbox: number;
  readonly completed: number;
  readonly failed: number;
}

/**
 * Makes it.
 * @param tick what the time is once it is filled; absent: it stands still
 */
export async function openTestDashboard(tick?: () => number): Promise<TestDashboard> {
  const now = Date.now();
  const folder = await mkdtemp(path.join(tmpdir(), "waypost-dashboard-"));
  const store = await openStore({ url: pathToFileURL(path.join(folder, "waypost.db")).href });
  const clock = { ms: now - 10 * 60_000, now: () => clock.ms };
  const settings = { flushIntervalMs: 3_600_000, keepMs: 86_400_000, keepTranscripts: 100 };
  const recorder = new PhaseRecorder(store, settings, () => clock.now());
  const known = await fill(store, recorder, clock);
  clock.ms = now;
  if (tick) clock.now = tick;
  const asked: string[] = [];
  const ports = portsOf(store, recorder, clock, asked);
  const code = await renewSetupCode(ports) ?? "";
  const app = createDashboard(ports);
  async function ask(target: string, { cookie, ...init }: RequestInit & { cookie?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "127.0.0.1:8025");
    if (!headers.has("origin") && init.method !== undefined && init.method !== "GET") {
      headers.set("origin", "http://127.0.0.1:8025");
    }
    if (cookie) headers.set("cookie", cookie);
    return await app.request(`http://127.0.0.1:8025${target}`, { ...init, headers });
  }
  return {
    app,
    ports,
    store,
    recorder,
    clock,
    code,
    known,
    asked,
    ask,
    async signIn() {
      const body = new URLSearchParams({ code, name: "anna", password: "correct horse", again: "correct horse" });
      const response = await ask("/setup", { method: "POST", body });
      return response.headers.get("set-cookie")?.split(";")[0] ?? "";
    },
    async close() {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The ports of a dashboard over a store; what it asks of the rest of Waypost is noted in `asked`. */
export function portsOf(
  store: Store,
  phases: PhaseRecorder,
  clock: DashboardPorts["clock"],
  asked: string[],
): DashboardPorts {
  const loaded = readTestFile();
  const configured = testDirectory(store, loaded.settings, () => clock.now(), () => void asked.push("changed"));
  const actions = createOwnerActions({
    store,
    clock,
    directory: configured.directory,
    nextId: createIds(clock, 0),
    hostname: () => "waypost.lan",
  });
  const source = {
    host: "pop.example.net",
    port: 995,
    intervalMs: 300_000,
    deleteLargerThan: 0,
    keepNewest: 0,
    onClientDelete: "keep",
    maxMessageSize: 0,
    messagesPerDay: 0,
    sizePerDay: 1_000_000,
    deliver: [],
  } as const;
  return {
    store,
    phases,
    certificateProblem: () => null,
    storeTrouble: () => null,
    room: () => ({ isFull: false, freeOctets: 5_000_000_000, reserveOctets: 64_000_000 }),
    clock,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    hostname: "waypost.lan",
    version: "0.0.0",
    trustedHosts: ["post.example.org"],
    secure: false,
    endpoints: () => [{ service: "smtp", address: "127.0.0.1:2525", tls: "starttls" }],
    upstreamStates: () => [{
      name: "provider",
      running: 1,
      waiting: 4,
      connections: 1,
      maxConnections: 3,
      perMinute: 15,
      sentInDay: 123,
      perDay: 500,
      recipientsInDay: 240,
      recipientsPerDay: 10_000,
      slowedAt: clock.now() - 120_000,
      down: null,
    }],
    failedLogins: () => [
      {
        ...{ address: "192.0.2.66", login: null, failures: 20, seenWith: ["root", "admin", HOSTILE] },
        ...{ lastFailedAt: clock.now() - 60_000, delayMs: 840_000, bannedUntilAt: clock.now() + 840_000 },
      },
      {
        ...{ address: null, login: "bernd@example.net", failures: 5, seenWith: ["192.168.1.20", "2001:db8:0:0"] },
        ...{ lastFailedAt: clock.now(), delayMs: 2_000, bannedUntilAt: null },
      },
      {
        ...{ address: null, login: HOSTILE, failures: 1, seenWith: ["192.0.2.66"] },
        ...{ lastFailedAt: clock.now() - 60_000, delayMs: 0, bannedUntilAt: null },
      },
    ],
    liftLogin: (suspect) => {
      asked.push(`lift ${JSON.stringify(suspect)}`);
      return "address" in suspect;
    },
    keepDeletedMs: () => 30 * 86_400_000,
    deviceAt: (address) => address === "192.168.1.7" ? "scanner" : null,
    describe: () => ({
      upstreams: [{
        name: "provider",
        host: "smtp.example.net",
        port: 587,
        maxConnections: 3,
        messagesPerMinute: 30,
        messagesPerDay: 500,
        recipientsPerDay: 10_000,
      }, ...configured.directory().upstreams.filter(({ name }) => name !== "provider")],
      accounts: [
        { login: "anna@example.net", sources: [{ ...source, name: "home", mode: "keep", deleteAfterMs: 0 }] },
        {
          login: "bernd@example.net",
          sources: [{ ...source, name: "work", mode: "delete", deleteAfterMs: 86_400_000 }],
        },
        ...configured.directory().accounts.filter(({ login }) => !/^(?:anna|bernd)@/.test(login)),
      ],
    }),
    fetchNow: ({ account, source }, resume) => {
      const which = [account ?? "all", ...(source === undefined ? [] : [source]), ...(resume ? ["resume"] : [])];
      asked.push(`fetch ${which.join(" ")}`);
      return Promise.resolve(2);
    },
    queueAct: (request, actor) => {
      asked.push(request.action);
      return actions(request, actor);
    },
    mail: {
      fetchMessage: (id) => {
        asked.push(`fetch message ${formatId(id)}`);
        return Promise.resolve(true);
      },
      foresee: ({ account, source }) => {
        asked.push(`plan ${account} ${source}`);
        return Promise.resolve(PLANS);
      },
      resend: (id) => resendMessage(id, { store, newUidl: () => "sent-again" }),
      octets: (id) => store.octets(id),
    },
    isMailIndexed: () => true,
    settings: {
      current: () => loaded,
      started: () => loaded,
      look: () => loaded,
      reload: (actor) => {
        asked.push(`reload by ${actor}`);
        return Promise.resolve([]);
      },
    },
    directory: configured.directory,
    entries: configured.entries,
    tryUpstream: (upstream) => tryUpstream(upstream, "waypost.lan"),
    trySource: (source) => trySource(source),
    sendTest: (upstream, envelope) => sendTest(upstream, "waypost.lan", envelope),
    audit: (note, actor) => noteAudit(store, note, actor, clock.now()),
    reload: () => {
      asked.push("reload");
      return Promise.resolve();
    },
    isAccountPassword: ({ login, password }) => Promise.resolve(password === `mail of ${login}`),
    waitingWrites: () => 0,
    mayScrape: () => false,
    nextId: createIds(clock, 1),
    isLocalToken: (token) => token === LOCAL_TOKEN,
  };
}

async function fill(store: Store, recorder: PhaseRecorder, clock: { ms: number; now(): number }): Promise<Known> {
  const ids = createIds(clock, 0);
  const completed = session("smtp-server", ids, recorder, clock);
  const failed = session("smtp-client", ids, recorder, clock, "cannot connect to smtp.example.net:587: refused");
  session("pop3-client", ids, recorder, clock);
  session("pop3-server", ids, recorder, clock);
  const waiting = await accept(store, ids, clock, completed);
  await settle(store, ids, clock, waiting, failed, "deferred", "451 4.3.0 come back later");
  const delivered = await accept(store, ids, clock, completed, "Minutes of the meeting");
  await settle(store, ids, clock, delivered, failed, "delivered", "250 2.0.0 taken");
  const mailboxId = await store.write("ensureMailbox", { id: ids(), account: "anna@example.net", source: "home" });
  const cached = ids();
  await store.write("storeFetched", {
    message: {
      id: cached,
      mailboxId,
      uidl: "u1",
      size: 2_000,
      messageId: "fetched@example.com",
      sender: "mum@example.com",
      subject: HOSTILE,
      fetchedAt: clock.now(),
      sessionId: null,
      deletedAt: null,
      readBySessionId: null,
    },
    ledger: {
      mailboxId,
      uidl: "s1",
      state: "stored",
      mailboxMessageId: cached,
      size: 2_000,
      storedAt: clock.now(),
      changedAt: clock.now(),
    },
    octets: new Uint8Array(2_000),
  });
  await store.write("noteFetch", {
    id: mailboxId,
    lastFetchAt: clock.now(),
    lastOutcome: "-ERR [AUTH] no",
    nextFetchAt: clock.now() + 900_000,
    failures: 1,
    failureKind: "auth",
    pausedBecause: null,
  });
  await recorder.flush();
  return { waiting, delivered, cached, mailbox: mailboxId, completed, failed };
}

function session(
  hop: Hop,
  ids: NextId,
  recorder: PhaseRecorder,
  clock: { ms: number; now(): number },
  cause?: string,
): number {
  const peer = { address: "192.168.1.7", port: 40_000 };
  const log = new SessionLog({ id: ids(), hop, peer, localPort: 2525, peerName: HOSTILE }, recorder, clock);
  for (const phase of cause ? [] : phasesOf(hop)) {
    log.enter(phase);
    clock.ms += 30;
    log.command("NOOP");
    log.reply(`250 ${HOSTILE}`, false);
  }
  log.messages = cause ? 0 : 1;
  log.end(cause ? "failed" : "completed", cause ?? null);
  return log.id;
}

async function accept(
  store: Store,
  ids: NextId,
  clock: { ms: number; now(): number },
  sessionId: number,
  subject = HOSTILE,
): Promise<number> {
  const id = ids();
  const at = clock.now();
  await store.write("acceptMessage", {
    message: {
      id,
      origin: "relay",
      sender: "anna@example.net",
      size: 5_000,
      body: "8bitmime",
      messageId: `${id}@laptop.example`,
      subject,
      receivedAt: at,
      sessionId,
      account: "anna@example.net",
      clientAddress: "192.168.1.7",
      doneAt: null,
    },
    recipients: ["team@example.org", "chair@example.org"].map((address, position) => ({
      messageId: id,
      position,
      address,
      state: "waiting" as const,
      attempts: 0,
      nextAttemptAt: at,
      leaseOwner: null,
      upstream: null,
      lastReply: null,
      changedAt: at,
    })),
    octets: new Uint8Array(5_000),
  });
  return id;
}

async function settle(
  store: Store,
  ids: NextId,
  clock: { ms: number; now(): number },
  messageId: number,
  sessionId: number,
  outcome: "deferred" | "delivered",
  reply: string,
): Promise<void> {
  const at = clock.now();
  await store.write("claim", { messageId, positions: [0, 1], owner: "node", now: at, until: at + 1_000 });
  await store.write("settle", {
    delivery: {
      id: ids(),
      messageId,
      sessionId,
      upstream: "provider",
      startedAt: at,
      durationMs: 12,
      outcome,
      reply,
      recipients: "[]",
    },
    changes: [0, 1].map((position) => ({
      messageId,
      position,
      state: outcome === "deferred" ? "waiting" as const : "delivered" as const,
      nextAttemptAt: at + 900_000,
      upstream: "provider",
      lastReply: reply,
      changedAt: at,
    })),
    bounce: null,
    octets: null,
  });
}
