import type { SessionOutcome } from "../dialogue/phases.ts";
import { type Recorder, SessionLog } from "../dialogue/session.ts";
import type { Connection } from "../net/connection.ts";
import { ConnectionError, DeadlineError, describeError, InterruptedError, TlsError } from "../net/errors.ts";
import { connect } from "../net/listener.ts";
import type { Pop3Client } from "../pop3/client/dialogue.ts";
import { capabilities, logIn, openSession, type Pop3Target } from "../pop3/client/login.ts";
import { deleteAll, listUidls, quit, retrieveAll } from "../pop3/client/mailbox.ts";
import { Pop3Error, type Pop3Reply, replyOf } from "../pop3/reply.ts";
import type { Source } from "../settings.ts";
import { type LedgerRow, type ListedMessage, type Plan, plan, type SourcePolicy } from "./ledger.ts";
import { Receiver, type ReceiverPorts } from "./receiver.ts";

/** What a poll needs. */
export interface FetchPorts extends ReceiverPorts {
  readonly recorder: Recorder;
  /** How a TCP connection is made; absent: over the network. */
  readonly connect?: ((host: string, port: number, timeoutMs: number) => Promise<Connection>) | undefined;
}

/** One poll of one source. */
export interface FetchRequest {
  readonly account: string;
  readonly source: Source;
  readonly mailboxId: number;
  /** The owner lets this poll go on where the brake would pause the source. */
  readonly brakeReleased: boolean;
  readonly signal: AbortSignal;
}

/** What a poll came to. */
export interface FetchReport {
  /** Messages that were stored. */
  readonly fetched: number;
  /** Messages that the source has removed. */
  readonly removed: number;
  /** What the source would not send, "12: -ERR …"; they are tried again in the next poll. */
  readonly refusals: readonly string[];
  /** Why the source is to be paused and its owner asked, or null. */
  readonly brake: string | null;
  /** What stopped the poll, or null: the source's words, or a reply that stands for a local failure. */
  readonly failure: Pop3Reply | null;
}

/** Messages asked for ahead of their arrival, and DELEs sent ahead of their replies, where the source pipelines. */
const PIPELINE_WINDOW = 64;

/** The report as it grows: what was done stays true when something fails after it. */
interface Tally {
  fetched: number;
  removed: number;
  refusals: readonly string[];
  brake: string | null;
}

/**
 * Polls a source once: what is new is stored, and only what the ledger says is stored is deleted, when its time has come.
 * The session is recorded. Never throws.
 */
export async function fetchSource(request: FetchRequest, ports: FetchPorts): Promise<FetchReport> {
  const { account, source } = request;
  const peer = { address: source.host, port: source.port };
  const start = { id: ports.nextId(), hop: "pop3-client", peer, localPort: 0, peerName: source.name, account } as const;
  const log = new SessionLog(start, ports.recorder, ports.clock);
  const tally: Tally = { fetched: 0, removed: 0, refusals: [], brake: null };
  const wire = interruptible(request.signal, ports.connect ?? connect);
  try {
    const client = await openSession(targetOf(source), log, wire.connect);
    await poll(client, request, ports, tally);
    log.end("completed", tally.brake);
    return { ...tally, failure: null };
  } catch (error) {
    log.end(wire.isConnected() ? outcomeOf(error) : "failed", describeError(error));
    return { ...tally, failure: replyOf(error) };
  } finally {
    wire.close();
  }
}

async function poll(client: Pop3Client, request: FetchRequest, ports: FetchPorts, tally: Tally): Promise<void> {
  const { source, mailboxId } = request;
  const { store, clock } = ports;
  const offered = await capabilities(client);
  await logIn(client, offered, source.username, source.password, source.auth);
  const window = offered.has("PIPELINING") ? PIPELINE_WINDOW : 1;
  const listed = await listUidls(client);
  const policy: SourcePolicy = { ...source, brakeReleased: request.brakeReleased };
  const planned = plan(await readLedger(ports, mailboxId), listed, policy, clock.now());
  if (planned.brake !== null) {
    tally.brake = planned.brake;
    await quit(client);
    return;
  }
  await writeLedger(ports, mailboxId, planned);
  await retrieve(client, request, ports, { messages: planned.fetch, window, tally });
  // Only what the database says is stored is deleted: it is asked again, after everything that was fetched just now.
  const due = source.mode === "delete"
    ? plan(await readLedger(ports, mailboxId), listed, { ...policy, brakeReleased: true }, clock.now()).remove
    : [];
  if (due.length === 0) {
    await quit(client);
    return;
  }
  const mark = (state: "delete-sent" | "delete-confirmed", uidls: readonly string[]) =>
    store.write("markLedger", { mailboxId, uidls, state, now: clock.now() });
  await mark("delete-sent", due.map(({ uidl }) => uidl));
  const marked = new Set(await deleteAll(client, due.map(({ number }) => number), window));
  await quit(client);
  tally.removed = marked.size;
  await mark("delete-confirmed", due.filter(({ number }) => marked.has(number)).map(({ uidl }) => uidl));
}

async function retrieve(
  client: Pop3Client,
  request: FetchRequest,
  ports: FetchPorts,
  { messages, window, tally }: { messages: readonly ListedMessage[]; window: number; tally: Tally },
): Promise<void> {
  const { mailboxId, signal } = request;
  const receiver = new Receiver({ mailboxId, sessionId: client.dialogue.log.id, messages, signal }, ports);
  try {
    await retrieveAll(client, messages.map(({ number }) => number), window, receiver);
    await receiver.settle();
  } finally {
    await receiver.abort();
    tally.fetched = receiver.stored;
    tally.refusals = receiver.refusals;
  }
}

/** The ledger of a mailbox as it is stored. @throws StoreError */
export async function readLedger({ store }: Pick<FetchPorts, "store">, mailboxId: number): Promise<LedgerRow[]> {
  const text = await store.read("ledgerOf", { mailboxId });
  return text === "" ? [] : text.split("\n").map((line) => {
    const [state, storedAt, changedAt, ...uidl] = line.split(" ");
    return {
      uidl: uidl.join(" "),
      state: state as LedgerRow["state"],
      storedAt: Number(storedAt),
      changedAt: Number(changedAt),
    };
  });
}

async function writeLedger({ store, clock }: FetchPorts, mailboxId: number, planned: Plan): Promise<void> {
  const now = clock.now();
  const { back, gone, forget } = planned;
  if (back.length > 0) await store.write("markLedger", { mailboxId, uidls: back, state: "stored", now });
  if (gone.length > 0) await store.write("markLedger", { mailboxId, uidls: gone, state: "gone", now });
  if (forget.length > 0) await store.write("forgetLedger", { mailboxId, uidls: forget });
}

function targetOf(source: Source): Pop3Target {
  const { host, port, tls, ca, verify, connectTimeoutMs, commandTimeoutMs, dataTimeoutMs } = source;
  return { host, port, tls, ca: ca?.pem, verify, connectTimeoutMs, commandTimeoutMs, dataTimeoutMs };
}

/** Connections that an abort breaks off wherever they wait, and that are gone once `close` was called. */
function interruptible(signal: AbortSignal, make: NonNullable<FetchPorts["connect"]>) {
  let connection: Connection | null = null;
  const stop = () => connection?.interrupt("fetching was stopped");
  return {
    async connect(host: string, port: number, timeoutMs: number): Promise<Connection> {
      if (signal.aborted) throw new InterruptedError("fetching was stopped");
      signal.addEventListener("abort", stop);
      connection = await make(host, port, timeoutMs);
      return connection;
    },
    isConnected: () => connection !== null,
    close() {
      signal.removeEventListener("abort", stop);
      connection?.destroy();
    },
  };
}

function outcomeOf(error: unknown): SessionOutcome {
  if (error instanceof DeadlineError) return "timeout";
  if (error instanceof InterruptedError) return "shutdown";
  if (error instanceof TlsError) return "failed";
  if (error instanceof Pop3Error) {
    return error.reply.code === "IN-USE" || error.step === "greeting" ? "refused" : "failed";
  }
  return error instanceof ConnectionError ? "dropped" : "failed";
}
