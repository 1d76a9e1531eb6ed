/**
 * The ledger: what we know of every message on a source, and what the next poll does about it. Pure.
 *
 * A row is written with the commit that stores a message, and not before: a message without a row is "seen" at most, and
 * seeing it again costs nothing. Crashes may fall between any two lines of this table; each row says what is found then
 * and why nothing is lost, doubled or deleted unstored.
 *
 * | state            | what is durable here          | listed again                      | absent from a complete list      |
 * |------------------|-------------------------------|-----------------------------------|----------------------------------|
 * | seen (no row)    | nothing                       | fetch it (once more)              | nothing to do: it was never ours |
 * | stored           | the message                   | keep; remove it when it is due    | gone: somebody else deleted it   |
 * | evicted          | a row without a message: its  | keep it there: it is the only     | forget it 30 days after it was   |
 * |                  | copy here made room           | copy; never removed               | evicted; never "gone", or coming |
 * |                  |                               |                                   | back would make it "stored"      |
 * | delete-sent      | the message                   | QUIT was not carried out: back to | gone: QUIT was carried out, only |
 * |                  |                               | stored, remove it when it is due  | its answer was lost              |
 * | delete-confirmed | the message, the server's +OK | the server did not keep its word: | gone: as promised                |
 * |                  |                               | back to stored, remove when due   |                                  |
 * | gone             | the message, a tombstone      | it is back (a list was incomplete | forget it when the tombstone is  |
 * |                  |                               | or restored): back to stored, no  | 30 days old                      |
 * |                  |                               | second fetch; remove when due     |                                  |
 *
 * "Due" is a matter of the policy alone: never in keep mode, in delete mode when the set age has passed since the message
 * was stored. DELE is sent for rows that are stored, and for nothing else.
 */

/** Where a message of a source stands. */
export type LedgerState = "stored" | "evicted" | "delete-sent" | "delete-confirmed" | "gone";

/** What happened to a message of a source. */
export type LedgerEvent = "listed" | "absent" | "deleting" | "confirmed";

/** The row that a message has. Times are milliseconds since the epoch. */
export interface LedgerRow {
  /** As `nameCopies` gives it. */
  readonly uidl: string;
  readonly state: LedgerState;
  readonly storedAt: number;
  readonly changedAt: number;
}

/** A message as a source lists it. */
export interface ListedMessage {
  readonly number: number;
  readonly uidl: string;
}

/** What the owner wants of a source. */
export interface SourcePolicy {
  readonly mode: "keep" | "delete";
  /** In delete mode: how long a message stays on the server after it was stored; 0: no longer than it must. */
  readonly deleteAfterMs: number;
  /** The owner has seen why the source was paused and says that it is right: the brake stays off for this poll. */
  readonly brakeReleased: boolean;
}

/** What a poll is to do. Where `brake` stands, nothing else does. */
export interface Plan {
  /** Messages to fetch, in this order. */
  readonly fetch: readonly ListedMessage[];
  /** Messages to delete on the server: all are stored. */
  readonly remove: readonly ListedMessage[];
  /** Rows to move to "stored". */
  readonly back: readonly string[];
  /** Rows to move to "gone". */
  readonly gone: readonly string[];
  /** Rows to forget. */
  readonly forget: readonly string[];
  /** Why the source is to be paused and its owner asked, or null. */
  readonly brake: string | null;
}

/** How long a row stays after its message is gone, so that a list that was incomplete once does not fetch it again. */
export const TOMBSTONE_MS = 30 * 86_400_000;

/** The brake is for mailboxes, not for a handful of messages that somebody has tidied up. */
export const BRAKE_MESSAGES = 10;
/** Share of the messages known to be on the server that may vanish from one list to the next. */
export const BRAKE_SHARE = 0.9;

const TRANSITIONS: Readonly<Record<LedgerState, Partial<Record<LedgerEvent, LedgerState>>>> = {
  "stored": { listed: "stored", absent: "gone", deleting: "delete-sent" },
  "evicted": { listed: "evicted", absent: "evicted" },
  "delete-sent": { listed: "stored", absent: "gone", confirmed: "delete-confirmed" },
  "delete-confirmed": { listed: "stored", absent: "gone" },
  "gone": { listed: "stored", absent: "gone" },
};

/**
 * The state after an event.
 * @throws RangeError when the event cannot follow: a message is never deleted from a state other than "stored"
 */
export function advance(state: LedgerState, event: LedgerEvent): LedgerState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new RangeError(`a message that is ${state} in the ledger cannot be ${event}`);
  return next;
}

/**
 * Names the messages of a UIDL list so that each has a name of its own: identical copies may share a UIDL (RFC 1939
 * section 7), so the second of them is "UIDL 2", which no UIDL can be.
 */
export function nameCopies(listed: readonly ListedMessage[]): ListedMessage[] {
  const seen = new Map<string, number>();
  return listed.map(({ number, uidl }) => {
    const copy = (seen.get(uidl) ?? 0) + 1;
    seen.set(uidl, copy);
    return copy === 1 ? { number, uidl } : { number, uidl: `${uidl} ${copy}` };
  });
}

/**
 * Plans a poll.
 * @param rows all rows of the source
 * @param uidls the source's complete UIDL list, as it sent it
 * @param now milliseconds since the epoch
 */
export function plan(
  rows: readonly LedgerRow[],
  uidls: readonly ListedMessage[],
  policy: SourcePolicy,
  now: number,
): Plan {
  const listed = nameCopies(uidls);
  const byName = new Map(listed.map((message) => [message.uidl, message]));
  const known = new Map(rows.map((row) => [row.uidl, row]));
  const brake = policy.brakeReleased ? null : findBrake(rows, listed, byName, known);
  if (brake !== null) return { ...NOTHING, brake };

  const copied = new Set(listed.filter(isCopy).map(({ uidl }) => originalOf(uidl)));
  const back: string[] = [];
  const gone: string[] = [];
  const forget: string[] = [];
  const remove: ListedMessage[] = [];
  for (const row of rows) {
    const message = byName.get(row.uidl);
    const next = advance(row.state, message ? "listed" : "absent");
    if (!message && isTombstone(row) && now - row.changedAt >= TOMBSTONE_MS) forget.push(row.uidl);
    else if (next !== row.state) (next === "stored" ? back : gone).push(row.uidl);
    // Which of several copies a name means may change when one of them goes: none of them is deleted.
    if (message && isDue(row, policy, now) && !copied.has(originalOf(row.uidl))) remove.push(message);
  }
  return { fetch: newMessages(listed, known), remove, back, gone, forget, brake: null };
}

const NOTHING = { fetch: [], remove: [], back: [], gone: [], forget: [] } as const;

/**
 * What is new, in the server's order, but the copies of a message before the message itself: the plain name stands in the
 * ledger only when every copy is stored, should this be broken off.
 */
function newMessages(listed: readonly ListedMessage[], known: ReadonlyMap<string, LedgerRow>): ListedMessage[] {
  const fresh = listed.filter(({ uidl }) => !known.has(uidl));
  return [...fresh.filter(isCopy).reverse(), ...fresh.filter((message) => !isCopy(message))];
}

/** Whether the row alone is left of its message. */
function isTombstone({ state }: LedgerRow): boolean {
  return state === "gone" || state === "evicted";
}

function isDue(row: LedgerRow, { mode, deleteAfterMs }: SourcePolicy, now: number): boolean {
  // Of an evicted message the source has the only copy.
  return row.state !== "evicted" && mode === "delete" && now - row.storedAt >= deleteAfterMs;
}

/** Whether the list may be another mailbox's, or a server's that has lost its memory: an order to no one. */
function findBrake(
  rows: readonly LedgerRow[],
  listed: readonly ListedMessage[],
  byName: ReadonlyMap<string, ListedMessage>,
  known: ReadonlyMap<string, LedgerRow>,
): string | null {
  // What we deleted is expected to vanish; only what should be there counts.
  const expected = rows.filter((row) => row.state === "stored");
  const missing = expected.filter((row) => !byName.has(row.uidl)).length;
  if (expected.length < BRAKE_MESSAGES || missing < expected.length * BRAKE_SHARE) return null;
  const fresh = listed.filter(({ uidl }) => !known.has(uidl)).length;
  const vanished = `${missing} of the ${expected.length} messages that were on the server are gone`;
  if (fresh >= BRAKE_MESSAGES && fresh >= listed.length * BRAKE_SHARE) {
    return `${vanished} and ${fresh} of the ${listed.length} it lists are new: its UIDLs may have changed, or it is ` +
      "another mailbox. Fetching would store everything a second time";
  }
  return `${vanished} from its list: somebody emptied the mailbox, or the server has lost it`;
}

function isCopy({ uidl }: { readonly uidl: string }): boolean {
  return uidl.includes(" ");
}

function originalOf(uidl: string): string {
  return uidl.split(" ", 1)[0]!;
}
