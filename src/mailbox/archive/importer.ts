import { createHash, type Hash } from "node:crypto";
import { reclaim } from "../../net/reclaim.ts";
import type { NextId } from "../../store/ids.ts";
import { Spooler } from "../../store/spooler.ts";
import type { Store } from "../../store/store.ts";
import type { Clock } from "../../wire/clock.ts";
import { createHeaderReader, type HeaderReader, readFields } from "../../wire/header.ts";
import type { MessageSink } from "./sink.ts";

/** What importing needs. */
export interface ImporterPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextId: NextId;
  /** Makes a UIDL of our own. */
  readonly newUidl: () => string;
  /** Whether there is room on the disk for so many octets more. */
  readonly hasRoom: (octets: number) => boolean;
  /** Told of each message that is durable or left out. */
  readonly progressed?: (importer: Pick<Importer, "imported" | "known">) => void;
}

/** A message that could not be stored; the message says which, and what to do. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

/** Messages and octets that may wait for their commit. */
const MESSAGES_UNDER_WAY = 256;
const OCTETS_UNDER_WAY = 4 * 1024 * 1024;
/** Room is asked for so many octets ahead. */
const ROOM_OCTETS = 1024 * 1024;

interface Arriving {
  readonly where: string;
  readonly id: number;
  readonly spooler: Spooler;
  readonly header: HeaderReader;
  readonly hash: Hash;
}

/** A message that the mailbox has: its hash is made once it is asked for. */
interface Known {
  readonly id: number;
  hash: string | null;
}

/**
 * Takes messages into a mailbox. What the mailbox holds already, octet for octet, is left out, copy by copy: an import
 * that is repeated changes nothing, and one that was broken off goes on.
 */
export class Importer implements MessageSink {
  /** Messages that are durable, and their octets. */
  imported = 0;
  octets = 0;
  /** Messages that the mailbox had already. */
  known = 0;
  readonly #ports: ImporterPorts;
  readonly #mailboxId: number;
  readonly #candidates: Map<string, Known[]>;
  #arriving: Arriving | null = null;
  #underWay: Promise<void>[] = [];
  #octetsUnderWay = 0;
  #octetsSinceLook = Infinity;
  #failure: unknown = null;

  private constructor(mailboxId: number, candidates: Map<string, Known[]>, ports: ImporterPorts) {
    this.#mailboxId = mailboxId;
    this.#candidates = candidates;
    this.#ports = ports;
  }

  /** @throws StoreError */
  static async open(mailboxId: number, ports: ImporterPorts): Promise<Importer> {
    const candidates = new Map<string, Known[]>();
    const text = await ports.store.read("knownMessages", { mailboxId });
    for (const line of text === "" ? [] : text.split("\n")) {
      const end = line.indexOf(" ");
      const key = line.slice(end + 1);
      const known = { id: Number(line.slice(0, end)), hash: null };
      const others = candidates.get(key);
      if (others) others.push(known);
      else candidates.set(key, [known]);
    }
    return new Importer(mailboxId, candidates, ports);
  }

  begin(where: string): void {
    if (this.#failure) throw this.#failure;
    const id = this.#ports.nextId();
    const spooler = new Spooler(this.#ports.store, id);
    this.#arriving = { where, id, spooler, header: createHeaderReader(), hash: createHash("sha256") };
  }

  take(octets: Uint8Array): Promise<void> | void {
    const { spooler, header, hash, where } = this.#arriving!;
    this.#lookForRoom(octets.length, where);
    reclaim(octets.length);
    header.push(octets);
    hash.update(octets);
    return spooler.write(octets);
  }

  async end(): Promise<void> {
    const arrived = this.#arriving!;
    const octets = await arrived.spooler.finish();
    const fields = readFields(arrived.header.finish().octets);
    const messageId = (fields.get("message-id") ?? "").replace(/^<|>$/g, "");
    const hash = arrived.hash.digest("base64");
    if (await this.#isKnown(`${arrived.spooler.size} ${messageId}`, hash)) {
      this.#arriving = null;
      await arrived.spooler.abort();
      this.known++;
      this.#ports.progressed?.(this);
      return;
    }
    this.#arriving = null;
    const sender = fields.get("from") ?? "";
    this.#store(arrived, { messageId, sender, subject: fields.get("subject") ?? "" }, octets);
    while (this.#underWay.length >= MESSAGES_UNDER_WAY || this.#octetsUnderWay > OCTETS_UNDER_WAY) {
      await this.#underWay[0];
    }
  }

  /** Waits until all is durable. @throws ImportError, StoreError */
  async settle(): Promise<void> {
    while (this.#underWay.length > 0) await this.#underWay[0];
    if (this.#failure) throw this.#failure;
  }

  /** Removes what came in part, and waits for the rest. Never throws. */
  async abort(): Promise<void> {
    await this.#arriving?.spooler.abort();
    this.#arriving = null;
    while (this.#underWay.length > 0) await this.#underWay[0];
  }

  #lookForRoom(octets: number, where: string): void {
    this.#octetsSinceLook += octets;
    if (this.#octetsSinceLook < ROOM_OCTETS) return;
    this.#octetsSinceLook = 0;
    if (!this.#ports.hasRoom(ROOM_OCTETS)) {
      throw new ImportError(`the disk is nearly full: make room, then repeat the import; it goes on with ${where}`);
    }
  }

  #store(
    { id, spooler: { size }, where }: Arriving,
    texts: { readonly messageId: string; readonly sender: string; readonly subject: string },
    octets: Uint8Array | null,
  ): void {
    const length = octets?.length ?? 0;
    this.#octetsUnderWay += length;
    const message = {
      id,
      mailboxId: this.#mailboxId,
      uidl: this.#ports.newUidl(),
      size,
      ...texts,
      fetchedAt: this.#ports.clock.now(),
      sessionId: null,
      deletedAt: null,
      readBySessionId: null,
    };
    const stored = this.#ports.store.write("storeImported", { message, octets }).then((isWhole) => {
      if (!isWhole) {
        throw new ImportError(`${where} could not be stored, a server was started meanwhile: repeat the import`);
      }
      this.imported++;
      this.octets += size;
      this.#ports.progressed?.(this);
    });
    const settled: Promise<void> = stored.catch((error: unknown) => {
      this.#failure ??= error;
    }).then(() => {
      this.#octetsUnderWay -= length;
      this.#underWay = this.#underWay.filter((promise) => promise !== settled);
    });
    this.#underWay.push(settled);
  }

  /** Whether the mailbox has the message; a copy of it that is found is not found again. */
  async #isKnown(key: string, hash: string): Promise<boolean> {
    const candidates = this.#candidates.get(key) ?? [];
    for (const [index, candidate] of candidates.entries()) {
      candidate.hash ??= await this.#hashOf(candidate.id);
      if (candidate.hash !== hash) continue;
      candidates.splice(index, 1);
      return true;
    }
    return false;
  }

  async #hashOf(id: number): Promise<string> {
    const hash = createHash("sha256");
    for await (const octets of this.#ports.store.octets(id)) hash.update(octets);
    return hash.digest("base64");
  }
}
