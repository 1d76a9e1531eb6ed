import { noteAudit } from "../identity/audit.ts";
import type { Directory } from "../identity/directory.ts";
import { noteReply, type SmtpReply } from "../smtp/reply.ts";
import { formatId } from "../store/ids.ts";
import type { OwnerActionName, OwnerNote, RecipientsChanged } from "../store/operations/owner.ts";
import type { Store } from "../store/store.ts";
import { parseAddress } from "../wire/address.ts";
import { encodeXtext, escapeBeyondAscii } from "../wire/xtext.ts";
import type { Job } from "./job.ts";
import type { Turn } from "./lane-ports.ts";
import { type ReportPorts, writeReport } from "./report.ts";
import { maySend } from "./route.ts";

/** What an owner wants done to messages of the queue. */
export interface OwnerRequest {
  readonly action: OwnerActionName;
  readonly ids: readonly number[];
  /** `send-by`: the name of the upstream. */
  readonly by?: string | undefined;
  /** `readdress`: the recipient that is changed, and what it becomes. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What became of one message. */
export interface OwnerResult {
  readonly id: number;
  /** Recipients that it changed; 0: it was for none of them. */
  readonly changed: number;
  /** Of these, the held ones, of which it is true once they are released; absent: none. */
  readonly held?: number;
  /** `retry`: the message is in hand already and waits its turn; absent: it does not. */
  readonly turn?: Turn;
  /** Why it was not done, where that is not for the state of the message. */
  readonly refused?: string;
}

/** A request that names what does not exist or leaves out what it needs; the sentence says what was expected. */
export class OwnerRequestError extends Error {
  override readonly name = "OwnerRequestError";
}

/** What the actions need. */
export interface OwnerActionPorts extends ReportPorts {
  readonly store: Store;
  readonly directory: () => Directory;
  /** Messages that the worker has in hand and whose turn has not come, by their ids; absent: none works on the queue. */
  readonly turns?: () => ReadonlyMap<number, Turn>;
}

/**
 * Does what an owner wants, message by message. `actor`: who, for the history of each message, and for the log of changes,
 * where the whole is one row.
 */
export type OwnerActions = (request: OwnerRequest, actor: string) => Promise<OwnerResult[]>;

type One = (id: number, note: OwnerNote) => Promise<OwnerResult>;

/** Messages that are dealt with at a time: their writes share commits. */
const AT_ONCE = 100;

/** Makes it. Results come in the order of the ids. @throws OwnerRequestError, StoreError */
export function createOwnerActions(ports: OwnerActionPorts): OwnerActions {
  return async (request, actor) => {
    const { action, ids } = request;
    const [one, detail] = await planOf(request, ports);
    const results: OwnerResult[] = [];
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const now = ports.clock.now();
      const part = ids.slice(from, from + AT_ONCE);
      results.push(...await Promise.all(part.map((id) => one(id, { messageId: id, now, actor, action, detail }))));
    }
    await noteChanges(ports, results, { action, detail }, actor);
    return results;
  };
}

/** Writes into the log of changes what was done; where nothing was, nothing. */
async function noteChanges(
  { store, clock }: OwnerActionPorts,
  results: readonly OwnerResult[],
  { action, detail }: Pick<OwnerNote, "action" | "detail">,
  actor: string,
): Promise<void> {
  const [first, ...more] = results.filter(({ changed }) => changed > 0);
  if (!first) return;
  const name = more.length === 0 ? formatId(first.id) : `${more.length + 1} messages`;
  const note = { kind: "queue", name, action, detail: detail === null ? {} : { note: detail } } as const;
  await noteAudit(store, note, actor, clock.now());
}

/** How one message is dealt with, and what its history says beside the action's name. */
async function planOf(request: OwnerRequest, ports: OwnerActionPorts): Promise<[One, detail: string | null]> {
  const { action } = request;
  if (action === "send-by") return [await planSendBy(request, ports), request.by ?? null];
  if (action === "readdress") return planReaddress(request, ports);
  if (action === "bounce") return [(id, note) => giveUp(id, note, ports), null];
  // Who only wants another try leaves messages the turn that they have.
  const turns = action === "retry" ? ports.turns?.() : undefined;
  return [async (id, { actor, now }) => {
    const changed = await ports.store.write("actOnQueue", { messageId: id, action, now, actor });
    const turn = changed === 0 ? turns?.get(id) : undefined;
    return { id, changed, ...(turn ? { turn } : {}) };
  }, null];
}

async function planSendBy({ by, ids }: OwnerRequest, { store, directory }: OwnerActionPorts): Promise<One> {
  const upstream = by === undefined ? undefined : directory().upstream(by);
  if (!upstream) {
    const known = directory().upstreams.map(({ name }) => name).join(", ");
    throw new OwnerRequestError(`there is no upstream ${by ?? ""}; expected one of ${known || "none"}`);
  }
  const senders = new Map((await store.read("sendersOf", { ids })).map(({ id, sender }) => [id, sender]));
  return async (id, note) => {
    const sender = senders.get(id);
    if (sender !== undefined && !maySend(upstream.senders, sender)) {
      return {
        id,
        changed: 0,
        refused: `${upstream.name} does not let us send as ${sender}: add it to its "senders" if the provider does`,
      };
    }
    return resultOf(id, await store.write("sendBy", { ...note, upstream: upstream.name }));
  };
}

function planReaddress({ from, to }: OwnerRequest, { store }: OwnerActionPorts): [One, detail: string] {
  if (from === undefined || to === undefined) {
    throw new OwnerRequestError("expected the recipient that is changed, and the address that it becomes");
  }
  const parsed = parseAddress(to);
  if (!parsed.ok) throw new OwnerRequestError(`${to} is no mail address: ${parsed.problem}`);
  const originalRecipient = `rfc822;${encodeXtext(escapeBeyondAscii(from))}`;
  const change = { from, to: parsed.address.text, originalRecipient };
  return [
    async (id, note) => resultOf(id, await store.write("readdress", { ...note, ...change })),
    `${from} → ${change.to}`,
  ];
}

function resultOf(id: number, { changed, held }: RecipientsChanged): OwnerResult {
  return { id, changed, ...(held > 0 ? { held } : {}) };
}

const GIVEN_UP: SmtpReply = {
  code: 554,
  enhanced: "5.0.0",
  lines: ["the person who looks after this relay has taken the message out of the queue"],
  local: true,
};

/** Removes a message with a bounce, as far as its sender wants one and nobody is trying it at this moment. */
async function giveUp(id: number, note: OwnerNote, ports: OwnerActionPorts): Promise<OwnerResult> {
  const { store, clock, nextId } = ports;
  const positions = await store.write("takeOut", note);
  const history = positions.length > 0 ? await store.read("messageHistory", { id }) : null;
  if (!history) return { id, changed: 0 };
  const recipients = history.recipients.filter(({ position }) => positions.includes(position));
  const job: Job = { message: history.message, recipients, via: [], failed: 0, octets: null, again: false };
  const now = clock.now();
  const report = await writeReport(ports, job, {
    id: nextId(),
    upstream: "",
    sessionId: null,
    startedAt: now,
    replies: recipients.map(() => GIVEN_UP),
    upstreamDown: false,
    unknown: false,
  }, {
    givenUp: recipients.map((recipient) => ({ recipient, reply: GIVEN_UP, expired: false })),
    handedOn: [],
    delayed: [],
    retryUntilAt: now,
  });
  await store.write("settle", {
    delivery: null,
    changes: recipients.map(({ position, upstream }) => ({
      messageId: id,
      position,
      state: "bounced" as const,
      nextAttemptAt: now,
      upstream,
      lastReply: noteReply(GIVEN_UP),
      changedAt: now,
    })),
    bounce: report?.envelope ?? null,
    octets: report?.octets ?? null,
  });
  return { id, changed: recipients.length };
}
