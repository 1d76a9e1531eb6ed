import { findServer, ServerError } from "../control/control.ts";
import type { Settings } from "../settings.ts";
import { formatId, parseId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import { asCommand, CommandError, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showDuration, showOctets, showSender, showTime } from "./output/figures.ts";
import { layOutFacts, oneLine, WIDTH, wrap } from "./output/table.ts";
import { type InHand, readInHand } from "./queue-in-hand.ts";
import { withReader } from "./stores.ts";
import { type TracedSession, traceFetched, traceQueued, type TraceStep } from "./trace-steps.ts";

/** A message and its way. */
export interface Trace {
  readonly kind: "message" | "mailbox-message";
  readonly id: number;
  readonly messageIdField: string;
  readonly sender: string;
  /** Of a fetched message: none. */
  readonly recipients: readonly string[];
  readonly subject: string;
  readonly size: number;
  readonly steps: readonly TraceStep[];
}

/** `waypost trace`: where a message has been. @returns 0 found, 1 not found, 2 the command line is wrong */
export const run = asCommand("trace", async (args, io) => {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1, what: "one MESSAGE-ID or ID" });
  const settings = settingsOf(values.config, io);
  const query = positionals[0]!.trim();
  const traces = await addOpenSessions(await readHere(settings, query), settings);
  if (traces.length === 0) throw new CommandError(`no message with the id ${query} is known`);
  if (values.json) printJson(io, { query, traces });
  else io.stdout(traces.map(describeTrace).join("\n"));
  return 0;
});

async function readHere(settings: Settings, query: string): Promise<Trace[]> {
  const inHand = await readInHand(settings.dataDir);
  return await withReader(settings, (store) => readTraces(store, query, inHand));
}

async function readTraces(store: Store, query: string, inHand: InHand): Promise<Trace[]> {
  const messageId = query.replace(/^<(.*)>$/, "$1");
  const [queued, cached] = await Promise.all([
    store.read("messagesByMessageId", { messageId }),
    store.read("mailboxMessagesByMessageId", { messageId }),
  ]);
  const ids = [...queued, ...cached.map(({ message }) => message.id)];
  // A Message-ID goes first: nobody but its sender chooses it, and it may look like an id of ours.
  const own = parseId(query);
  if (ids.length === 0 && own !== null) ids.push(own);
  const traces: Trace[] = [];
  for (const id of [...new Set(ids)].toSorted((one, other) => one - other)) {
    const trace = await traceOne(store, id, inHand);
    if (trace) traces.push(trace);
  }
  return traces;
}

async function traceOne(store: Store, id: number, { turns, awaited }: InHand): Promise<Trace | null> {
  const history = await store.read("messageHistory", { id });
  if (history) {
    const { message, recipients } = history;
    return {
      kind: "message",
      id,
      messageIdField: message.messageId,
      sender: message.sender,
      recipients: recipients.map(({ address }) => address),
      subject: message.subject,
      size: message.size,
      steps: traceQueued(history, { turn: turns().get(id), awaited: awaited() }),
    };
  }
  const cached = await store.read("mailboxMessageHistory", { id });
  if (!cached) return null;
  const { message } = cached;
  const ids = [message.sessionId, message.readBySessionId].filter((one) => one !== null);
  const sessions = await store.read("sessionsByIds", { ids });
  return {
    kind: "mailbox-message",
    id,
    messageIdField: message.messageId,
    sender: message.sender,
    recipients: [],
    subject: message.subject,
    size: message.size,
    steps: traceFetched(cached, sessions),
  };
}

/** Adds the sessions that the running server knows and the database does not yet: they are open, or have just ended. */
async function addOpenSessions(traces: readonly Trace[], { dataDir }: Settings): Promise<Trace[]> {
  const isMissing = ({ sessionId, session }: TraceStep) => sessionId !== null && session === null;
  const server = traces.some(({ steps }) => steps.some(isMissing)) ? await findServer(dataDir) : null;
  if (!server) return [...traces];
  const add = async (step: TraceStep): Promise<TraceStep> => {
    if (!isMissing(step)) return step;
    try {
      const path = `/api/v1/sessions/${formatId(step.sessionId!)}`;
      const found = await server.ask({ method: "GET", path }) as Omit<TracedSession, "id">;
      const { peerAddress, peerPort, peerName, account, tls, outcome, durationMs } = found;
      const session = { id: step.sessionId!, peerAddress, peerPort, peerName, account, tls, outcome, durationMs };
      return { ...step, session };
    } catch (error) {
      if (error instanceof ServerError && error.status === NOT_FOUND) return step;
      throw error;
    }
  };
  return await Promise.all(traces.map(async (trace) => ({ ...trace, steps: await Promise.all(trace.steps.map(add)) })));
}

const NOT_FOUND = 404;
const PLACE_WIDTH = 13;

/** A trace as people read it. Pure. */
export function describeTrace(trace: Trace): string {
  const facts: [string, string][] = [
    [trace.kind === "message" ? "message" : "mail", formatId(trace.id)],
    ["Message-ID", trace.messageIdField === "" ? "(none)" : `<${trace.messageIdField}>`],
    ["from", showSender(trace.sender)],
    ...(trace.recipients.length > 0 ? [["to", trace.recipients.join(", ")] as [string, string]] : []),
    ["subject", trace.subject === "" ? "(none)" : trace.subject],
    ["size", showOctets(trace.size)],
  ];
  return `${layOutFacts(facts)}\n${trace.steps.map(describeStep).join("")}`;
}

function describeStep(step: TraceStep): string {
  const left = `${showTime(step.at)}  ${step.place.padEnd(PLACE_WIDTH)}`;
  const took = step.durationMs === null ? "" : `, after ${showDuration(step.durationMs)}`;
  const lines = [
    ...wrap(`${step.event}${took}`, WIDTH - left.length),
    ...step.replies.flatMap((reply) => wrap(`"${oneLine(reply)}"`, WIDTH - left.length)),
    ...sessionLines(step).flatMap((line) => wrap(line, WIDTH - left.length)),
  ];
  return lines.map((line, index) => `${index === 0 ? left : " ".repeat(left.length)}${line}\n`).join("");
}

function sessionLines({ sessionId, session }: TraceStep): string[] {
  if (sessionId === null) return [];
  if (session === null) return [`session ${formatId(sessionId)} (just ended, or forgotten)`];
  const { peerName, peerAddress, peerPort, tls, outcome, durationMs } = session;
  const name = peerName === null ? "" : `${oneLine(peerName)}, `;
  return [
    `session ${formatId(sessionId)}: ${name}${peerAddress} port ${peerPort}`,
    // What an open session has agreed on is only written at its end.
    outcome === "open"
      ? `open for ${showDuration(durationMs)}`
      : `${tls ?? "no TLS"}, ${outcome} after ${showDuration(durationMs)}`,
  ];
}
