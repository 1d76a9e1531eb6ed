import type { Retrieval } from "../pop3/client/mailbox.ts";
import type { Pop3Reply } from "../pop3/reply.ts";
import { InterruptedError } from "../net/errors.ts";
import type { NextId } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import { createHeaderReader, type HeaderReader, readFields } from "../wire/header.ts";
import type { ListedMessage } from "./ledger.ts";

/** What storing fetched messages needs. */
export interface ReceiverPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextId: NextId;
  /** Makes a UIDL of our own: random, at most 70 characters from 0x21 to 0x7E (RFC 1939 section 7). */
  readonly newUidl: () => string;
}

/** Where the messages come from and go to. */
export interface ReceiverTarget {
  /** The mailbox whose ledger knows them. */
  readonly mailboxId: number;
  /** The mailboxes that get a message, by its header: at least one. */
  readonly mailboxesFor: (header: Uint8Array) => readonly number[];
  /** The names of those that the ledger has as announced. */
  readonly announced: ReadonlySet<string>;
  readonly sessionId: number;
  /** The messages that are retrieved: the names that the ledger knows them by, and the ids that they get here. */
  readonly messages: readonly (ListedMessage & { readonly id: number })[];
  readonly signal: AbortSignal;
}

/**
 * Messages and octets that may wait for their commit before the source is slowed down: twice what a group takes, so that
 * the next group arrives while one is written.
 */
const MESSAGES_UNDER_WAY = 256;
const OCTETS_UNDER_WAY = 4 * 1024 * 1024;

/** A message of a mailbox, as it is known once its header is. */
interface Arrived {
  readonly id: number;
  readonly mailboxId: number;
  readonly header: Uint8Array;
  readonly size: number;
  readonly now: number;
  readonly sessionId: number;
}

/** The row of a message that was just fetched. */
export function messageRow({ id, mailboxId, header, size, now, sessionId }: Arrived, ports: ReceiverPorts) {
  const fields = readFields(header, ["message-id", "from", "subject"]);
  return {
    id,
    mailboxId,
    uidl: ports.newUidl(),
    size,
    messageId: (fields.get("message-id") ?? "").replace(/^<|>$/g, ""),
    sender: fields.get("from") ?? "",
    subject: fields.get("subject") ?? "",
    fetchedAt: now,
    sessionId,
    deletedAt: null,
    readBySessionId: null,
  };
}

/** The rows of the same message in other mailboxes. */
export function copiesOf<Row extends { readonly id: number }>(
  message: Row,
  mailboxIds: readonly number[],
  { nextId, newUidl }: ReceiverPorts,
) {
  return mailboxIds.map((mailboxId) => ({ ...message, id: nextId(), mailboxId, uidl: newUidl(), copyOf: message.id }));
}

interface Arriving {
  readonly id: number;
  readonly uidl: string;
  readonly spooler: Spooler;
  readonly header: HeaderReader;
}

/**
 * Takes messages as a source sends them, into the spool. A message exists when its commit has put its octets, its row and
 * its row of the ledger into the database together; until then it is still the source's.
 */
export class Receiver implements Retrieval {
  /** Messages that are durable. */
  stored = 0;
  /** Octets that have arrived. */
  octets = 0;
  /** What the source would not send, "12: -ERR …". */
  readonly refusals: string[] = [];
  readonly #ports: ReceiverPorts;
  readonly #target: ReceiverTarget;
  readonly #messages: ReadonlyMap<number, { readonly id: number; readonly uidl: string }>;
  #arriving: Arriving | null = null;
  #underWay: Promise<void>[] = [];
  #octetsUnderWay = 0;
  #failure: unknown = null;

  constructor(target: ReceiverTarget, ports: ReceiverPorts) {
    this.#target = target;
    this.#ports = ports;
    this.#messages = new Map(target.messages.map((message) => [message.number, message]));
  }

  begin(number: number): void {
    if (this.#target.signal.aborted) throw new InterruptedError("fetching was stopped");
    if (this.#failure) throw this.#failure;
    const { id, uidl } = this.#messages.get(number)!;
    this.#arriving = { id, uidl, spooler: new Spooler(this.#ports.store, id), header: createHeaderReader() };
  }

  take(octets: Uint8Array): Promise<void> | void {
    if (this.#target.signal.aborted) throw new InterruptedError("fetching was stopped");
    const { spooler, header } = this.#arriving!;
    this.octets += octets.length;
    header.push(octets);
    return spooler.write(octets);
  }

  async end(): Promise<void> {
    const arrived = this.#arriving!;
    const octets = await arrived.spooler.finish();
    this.#arriving = null;
    this.#store(arrived, octets);
    while (this.#underWay.length >= MESSAGES_UNDER_WAY || this.#octetsUnderWay > OCTETS_UNDER_WAY) {
      await this.#underWay[0];
    }
  }

  refused(number: number, reply: Pop3Reply): void {
    this.refusals.push(`${number}: -ERR ${reply.text}`);
  }

  /**
   * Waits until all that arrived is durable.
   * @throws StoreError when something is not: it will be fetched again
   */
  async settle(): Promise<void> {
    while (this.#underWay.length > 0) await this.#underWay[0];
    if (this.#failure) throw this.#failure;
  }

  /** Removes a message that arrived in part, and waits for the others. Never throws. */
  async abort(): Promise<void> {
    const { spooler } = this.#arriving ?? {};
    this.#arriving = null;
    await spooler?.abort();
    while (this.#underWay.length > 0) await this.#underWay[0];
  }

  #store(arrived: Arriving, octets: Uint8Array | null): void {
    const length = octets?.length ?? 0;
    this.#octetsUnderWay += length;
    const stored = this.#ports.store.write("storeFetched", { ...this.#rowsOf(arrived), octets });
    const settled = stored.then(() => void this.stored++, (error: unknown) => {
      this.#failure ??= error;
    }).then(() => {
      this.#octetsUnderWay -= length;
      this.#underWay = this.#underWay.filter((promise) => promise !== settled);
    });
    this.#underWay.push(settled);
  }

  #rowsOf({ id, uidl, spooler, header }: Arriving) {
    const { mailboxId, sessionId, announced } = this.#target;
    const { size } = spooler;
    const now = this.#ports.clock.now();
    const section = header.finish().octets;
    const [first, ...others] = this.#target.mailboxesFor(section);
    const ledger = {
      mailboxId,
      uidl,
      state: "stored",
      mailboxMessageId: id,
      size,
      storedAt: now,
      changedAt: now,
    } as const;
    const message = messageRow({ id, mailboxId: first!, header: section, size, now, sessionId }, this.#ports);
    return { message, copies: copiesOf(message, others, this.#ports), ledger, replacesNotice: announced.has(uidl) };
  }
}
