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
 * | announced        | a notice, the message is too  | keep; fetch it when its owner     | forget it: it was never ours;    |
 * |                  | large to be fetched unasked   | asked or the limit allows it; no  | seen again, it is announced anew |
 * |                  |                               | DELE ever                         |                                  |
 * | announced, asked | a notice, the request         | fetch it; a crash before the      | forget it                        |
 * | for              |                               | commit leaves the request, the    |                                  |
 * |                  |                               | commit replaces notice and row    |                                  |
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
 * "Due" is a matter of the policy alone (`isDue`): in delete mode when the set age has passed since the message was stored,
 * unless it is too small or among the newest; in either mode when every client's copy here was deleted and the policy
 * follows that. DELE is sent for rows that are stored, and for nothing else.
 *
 * "Listed again" is said of a message, and a list has names only: before one that was gone is taken for the same again, and
 * before one is removed that another session has stored, `findDoubts` looks whether the name still stands for it.
 */

/** Where a message of a source stands. */
export type LedgerState = "announced" | "stored" | "evicted" | "delete-sent" | "delete-confirmed" | "gone";

/** What happened to a message of a source. */
export type LedgerEvent = "listed" | "absent" | "fetched" | "deleting" | "confirmed";

/** The row that a message has. Times are milliseconds since the epoch. */
export interface LedgerRow {
  /** As `nameCopies` gives it. */
  readonly uidl: string;
  readonly state: LedgerState;
  readonly storedAt: number;
  readonly changedAt: number;
  /** Octets as stored; of an announced message as its source says. */
  readonly size: number;
  /** Of an announced message: its owner asked for it. */
  readonly isRequested?: boolean;
  /** Clients have deleted it here, every copy of it. */
  readonly isDeletedHere?: boolean;
}

/** A message as a source lists it. */
export interface ListedMessage {
  readonly number: number;
  readonly uidl: string;
}

/** What the owner wants of a source, and what is odd about it. */
export interface SourcePolicy {
  readonly mode: "keep" | "delete";
  /** In delete mode: how long a message stays on the server after it was stored; 0: no longer than it must. */
  readonly deleteAfterMs: number;
  /** In delete mode: what has no more octets stays; 0: nothing stays for that. */
  readonly deleteLargerThan: number;
  /** In delete mode: so many of those that are listed last stay. */
  readonly keepNewest: number;
  /** "delete": what clients deleted here is removed there too. */
  readonly onClientDelete: "keep" | "delete";
  /** What has more octets is announced and not fetched; 0: everything is fetched. */
  readonly maxMessageSize: number;
  /** Its list leaves out what is on the server: that much is gone or new is its usual way; `findKnownAgain` brakes instead. */
  readonly hidesMessages: boolean;
  /** The owner has seen why the source was paused and says that it is right: the brake stays off for this poll. */
  readonly brakeReleased: boolean;
}

/** What a poll is to do. Where `brake` stands, nothing else does. */
export interface Plan {
  /** Announced messages that are to be fetched now: their owner asked, or the limit allows it. */
  readonly requested: readonly ListedMessage[];
  /** Messages that are new, in this order. */
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
  // Absent, its row is forgotten: there is no message here that a tombstone could save from a second fetch.
  "announced": { listed: "announced", fetched: "stored", absent: "announced" },
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
export function nameCopies(listed: readonly ListedMessage[]): readonly ListedMessage[] {
  if (new Set(listed.map(({ uidl }) => uidl)).size === listed.length) return listed;
  const seen = new Map<string, number>();
  return listed.map(({ number, uidl }) => {
    const copy = (seen.get(uidl) ?? 0) + 1;
    seen.set(uidl, copy);
    return copy === 1 ? { number, uidl } : { number, uidl: `${uidl} ${copy}` };
  });
}

/** The messages of a list that have these names; without those whose UIDL is repeated: which is which nobody knows. */
export function onlyThese(uidls: readonly ListedMessage[], names: readonly string[]): ListedMessage[] {
  const wanted = new Set(names);
  const listed = nameCopies(uidls);
  const copied = copiesIn(listed, uidls);
  return listed.filter(({ uidl }) => wanted.has(uidl) && !copied.has(originalOf(uidl)));
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
  const found = rows.map(({ uidl }) => byName.get(uidl));
  const fetch = newMessages(listed, rows, found);
  const brake = policy.brakeReleased || policy.hidesMessages ? null : findBrake(rows, listed, found, fetch.length);
  if (brake !== null) return { ...NOTHING, brake };

  const copied = copiesIn(listed, uidls);
  const newestFrom = firstOfNewest(listed, policy.keepNewest);
  const requested: ListedMessage[] = [];
  const back: string[] = [];
  const gone: string[] = [];
  const forget: string[] = [];
  const remove: ListedMessage[] = [];
  for (const [index, row] of rows.entries()) {
    const message = found[index];
    const next = advance(row.state, message ? "listed" : "absent");
    if (!message && isForgotten(row, now)) forget.push(row.uidl);
    else if (next !== row.state) (next === "stored" ? back : gone).push(row.uidl);
    if (!message) continue;
    if (next === "announced" && isWanted(row, policy)) requested.push(message);
    // Which of several copies a name means may change when one of them goes: none of them is deleted.
    if (next === "stored" && isDue(row, message, policy, newestFrom, now) && !copied.has(originalOf(row.uidl))) {
      remove.push(message);
    }
  }
  return { requested, fetch, remove, back, gone, forget, brake: null };
}

/** What the same poll would still remove once it has stored what it fetches, those rows included. */
export function planAfterFetching(
  rows: readonly LedgerRow[],
  uidls: readonly ListedMessage[],
  fetched: readonly (ListedMessage & { readonly octets: number })[],
  policy: SourcePolicy,
  now: number,
): readonly ListedMessage[] {
  const names = new Set(fetched.map(({ uidl }) => uidl));
  const stored = fetched.map(({ uidl, octets }): LedgerRow => (
    { uidl, state: "stored", storedAt: now, changedAt: now, size: octets }
  ));
  const others = rows.filter(({ uidl }) => !names.has(uidl));
  return plan([...others, ...stored], uidls, { ...policy, brakeReleased: true }, now).remove;
}

const NOTHING = { requested: [], fetch: [], remove: [], back: [], gone: [], forget: [] } as const;

/**
 * What is new, in the server's order, but the copies of a message before the message itself: the plain name stands in the
 * ledger only when every copy is stored, should this be broken off.
 */
function newMessages(
  listed: readonly ListedMessage[],
  rows: readonly LedgerRow[],
  found: readonly (ListedMessage | undefined)[],
): readonly ListedMessage[] {
  // Most polls find nothing new, however large the mailbox.
  if (found.reduce((count, message) => message ? count + 1 : count, 0) === listed.length) return [];
  const known = new Set(rows.map(({ uidl }) => uidl));
  const fresh = listed.filter(({ uidl }) => !known.has(uidl));
  return [...fresh.filter(isCopy).reverse(), ...fresh.filter((message) => !isCopy(message))];
}

/** Whether a row whose message is not listed has done its work. */
function isForgotten({ state, changedAt }: LedgerRow, now: number): boolean {
  const isTombstone = state === "gone" || state === "evicted";
  return state === "announced" || (isTombstone && now - changedAt >= TOMBSTONE_MS);
}

function isWanted({ isRequested, size }: LedgerRow, { maxMessageSize }: SourcePolicy): boolean {
  return isRequested === true || maxMessageSize === 0 || size <= maxMessageSize;
}

/** The number from which on messages are among the newest. */
function firstOfNewest(listed: readonly ListedMessage[], keepNewest: number): number {
  if (keepNewest === 0) return Infinity;
  const numbers = listed.map(({ number }) => number).sort((one, other) => one - other);
  return numbers[Math.max(0, numbers.length - keepNewest)] ?? Infinity;
}

function isDue(row: LedgerRow, { number }: ListedMessage, policy: SourcePolicy, newestFrom: number, now: number) {
  if (policy.onClientDelete === "delete" && row.isDeletedHere) return true;
  if (policy.mode !== "delete" || number >= newestFrom) return false;
  return now - row.storedAt >= policy.deleteAfterMs &&
    (policy.deleteLargerThan === 0 || row.size > policy.deleteLargerThan);
}

/** Whether the list may be another mailbox's, or a server's that has lost its memory: an order to no one. */
function findBrake(
  rows: readonly LedgerRow[],
  listed: readonly ListedMessage[],
  found: readonly (ListedMessage | undefined)[],
  fresh: number,
): string | null {
  let expected = 0;
  let missing = 0;
  for (const [index, { state }] of rows.entries()) {
    // What we deleted is expected to vanish; only what should be there counts.
    if (state !== "stored" && state !== "evicted" && state !== "announced") continue;
    expected++;
    if (!found[index]) missing++;
  }
  if (expected < BRAKE_MESSAGES || missing < expected * BRAKE_SHARE) return null;
  const vanished = `${missing} of the ${expected} messages that were on the server are gone`;
  if (fresh >= BRAKE_MESSAGES && fresh >= listed.length * BRAKE_SHARE) {
    return `${vanished} and ${fresh} of the ${listed.length} it lists are new: its UIDLs may have changed, or it is ` +
      "another mailbox. Fetching would store everything a second time";
  }
  return `${vanished} from its list: somebody emptied the mailbox, or the server has lost it`;
}

/** Names of which the list has copies. */
function copiesIn(listed: readonly ListedMessage[], uidls: readonly ListedMessage[]): ReadonlySet<string> {
  return new Set(listed === uidls ? [] : listed.filter(isCopy).map(({ uidl }) => originalOf(uidl)));
}

function isCopy({ uidl }: { readonly uidl: string }): boolean {
  return uidl.includes(" ");
}

function originalOf(uidl: string): string {
  return uidl.split(" ", 1)[0]!;
}
