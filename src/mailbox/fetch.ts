import type { SessionOutcome } from "../dialogue/phases.ts";
import { SessionLog } from "../dialogue/session.ts";
import type { Connection } from "../net/connection.ts";
import { ConnectionError, DeadlineError, describeError, InterruptedError, TlsError } from "../net/errors.ts";
import { connect } from "../net/listener.ts";
import type { Pop3Client } from "../pop3/client/dialogue.ts";
import { type Capabilities, capabilities, logIn, openSession } from "../pop3/client/login.ts";
import { quit } from "../pop3/client/mailbox.ts";
import { Pop3Error, replyOf } from "../pop3/reply.ts";
import { findDoubts } from "./confirm.ts";
import { kindOfFailure } from "./failure.ts";
import { divide, foresee, removeDue, takeNew } from "./fetch-steps.ts";
import { listMessages } from "./identify.ts";
import { findKnownAgain } from "./known-again.ts";
import { type LedgerRow, onlyThese, plan } from "./ledger.ts";
import { forgetRows, readLedger, writeLedger } from "./ledger-store.ts";
import { type FetchPorts, type FetchReport, type FetchRequest, NOTHING_DONE, type Tally } from "./report.ts";
import { pop3Target } from "./target.ts";
import { hidesMessages, policyOf, userNameOf } from "./source-policy.ts";

/** Messages asked for ahead of their arrival, and DELEs sent ahead of their replies, where the source pipelines. */
const PIPELINE_WINDOW = 64;
/** A server that wants more between two logins than this has lost count. */
const MAX_LOGIN_DELAY_MS = 24 * 3_600_000;

/**
 * Polls a source once: what is new is stored, and only what the ledger says is stored is deleted, when its time has come.
 * The session is recorded. Never throws.
 */
export async function fetchSource(request: FetchRequest, ports: FetchPorts): Promise<FetchReport> {
  const { account, source } = request;
  const peer = { address: source.host, port: source.port };
  const start = { id: ports.nextId(), hop: "pop3-client", peer, localPort: 0, peerName: source.name, account } as const;
  const log = new SessionLog(start, ports.recorder, ports.clock);
  const tally: Tally = { ...NOTHING_DONE };
  const wire = interruptible(request.signal, ports.connect ?? connect);
  try {
    const client = await openSession(pop3Target(source), log, wire.connect);
    await poll(client, request, ports, tally);
    log.end("completed", tally.brake);
  } catch (error) {
    log.end(wire.isConnected() ? outcomeOf(error) : "failed", describeError(error));
    tally.failure = replyOf(error);
    tally.failureKind = kindOfFailure(error);
  } finally {
    wire.close();
  }
  return tally;
}

async function poll(client: Pop3Client, request: FetchRequest, ports: FetchPorts, tally: Tally): Promise<void> {
  const { source, mailboxId } = request;
  const offered = await capabilities(client);
  tally.loginDelayMs = loginDelayOf(offered);
  await logIn(client, offered, userNameOf(source), source.password, source.auth);
  const window = offered.has("PIPELINING") ? PIPELINE_WINDOW : 1;
  // The database reads while the server lists.
  const reading = readLedger(ports, mailboxId, source.onClientDelete === "delete");
  reading.catch(() => undefined);
  const listed = await listMessages(client, offered, source.identifyBy, window);
  const planAgain = (known: readonly LedgerRow[]) => {
    return plan(known, listed, policyOf(source, request.brakeReleased), ports.clock.now());
  };
  let rows = await reading;
  let planned = planAgain(rows);
  tally.brake = planned.brake ??
    (hidesMessages(source) && !request.brakeReleased
      ? await findKnownAgain(client, window, planned, { ...ports, mailboxId })
      : null);
  if (tally.brake !== null) return void await quit(client);
  if (planned.back.length > 0) {
    // What was gone and is listed again may be another message under the same name: then it is new.
    const { impostors } = await findDoubts(client, window, onlyThese(listed, planned.back), rows, {
      ...ports,
      mailboxId,
    });
    rows = rows.filter(({ uidl }) => !impostors.has(uidl));
    if (impostors.size > 0) planned = planAgain(rows);
    if (!request.isDryRun) await forgetRows(ports, mailboxId, impostors);
  }
  if (!request.isDryRun) await writeLedger(ports, mailboxId, planned);
  const work = { client, window, request, listed, planned, ports, tally };
  const divided = await divide(work);
  tally.postponed = divided.portion.postponed;
  if (request.isDryRun) {
    tally.foreseen = foresee(work, rows, divided);
    return void await quit(client);
  }
  await takeNew(work, divided);
  await removeDue(work, divided);
}

/** RFC 2449 section 6.5: seconds, and perhaps the word USER. */
function loginDelayOf(offered: Capabilities): number {
  const seconds = Number(offered.get("LOGIN-DELAY")?.[0]);
  return Number.isInteger(seconds) ? Math.min(seconds * 1000, MAX_LOGIN_DELAY_MS) : 0;
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
