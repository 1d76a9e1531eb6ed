import type { DatabaseLocation } from "./database.ts";
import { StoreError } from "./errors.ts";
import type { OperationName } from "./operations.ts";
import { StoreThread } from "./thread.ts";
import type { WriteCall } from "./exchange.ts";

/** Most calls in one group: it bounds a transaction and the number of its SQL arguments. */
const GROUP_CALLS = 256;
/** Most octets of blobs in one group; also the longest blob of a call. */
const GROUP_OCTETS = 2 * 1024 * 1024;

/** Writes that nobody waits for: alone they wait for company, so that they cost no commit of their own. */
const PATIENT: ReadonlySet<OperationName> = new Set([
  "settle",
  "extendClaim",
  "markRead",
  "recordTelemetry",
  "recordPassage",
  "appendChunk",
]);
/** How long patient writes wait for a group, milliseconds: an attempt that is not written down could be repeated. */
const PATIENCE_MS = 5;
/** So many octets wait for no company: each group costs two changes of threads and a transaction. */
const BULK_OCTETS = 256 * 1024;

interface Waiting {
  readonly id: number;
  readonly name: OperationName;
  readonly args: { readonly octets?: Uint8Array | null };
}

/**
 * The one writer, seen from the engines' thread.
 *
 * Group commit: one group is under way at a time; whatever comes meanwhile waits here and makes the next one. So the
 * busier it is, the more messages share an fsync.
 *
 * Octets cross to the thread in shared memory: a clone of a typed array costs a Deno worker 25 ns for each octet, the
 * copy into shared memory a hundredth of that. The memory is used anew for each group.
 */
export class Writer {
  readonly #thread: StoreThread;
  readonly #arena: Uint8Array;
  #waiting: Waiting[] = [];
  #waitingOctets = 0;
  #underWay = 0;
  #scheduled = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  private constructor(thread: StoreThread, arena: SharedArrayBuffer) {
    this.#thread = thread;
    this.#arena = new Uint8Array(arena);
  }

  /** @throws StoreError */
  static async start(location: DatabaseLocation): Promise<Writer> {
    const arena = new SharedArrayBuffer(GROUP_OCTETS);
    return new Writer(await StoreThread.start({ role: "writer", location, arena }), arena);
  }

  /** Calls that wait for a commit. */
  get waiting(): number {
    return this.#waiting.length + this.#underWay;
  }

  /** Adds a write to the next group; resolves after its commit. */
  write(name: OperationName, args: unknown): Promise<unknown> {
    const call = args as Waiting["args"];
    if ((call.octets?.length ?? 0) > GROUP_OCTETS) {
      return Promise.reject(
        new StoreError("STORE_TOO_LARGE", `a blob of more than ${GROUP_OCTETS} octets: use chunks`),
      );
    }
    const { id, result } = this.#thread.call();
    this.#waiting.push({ id, name, args: call });
    this.#waitingOctets += call.octets?.length ?? 0;
    if (PATIENT.has(name) && this.#waitingOctets < BULK_OCTETS) this.#awaitCompany();
    else this.#schedule();
    return result;
  }

  /** Waits for all writes, then ends the thread. @returns whether the database could be written to the end */
  close(): Promise<boolean> {
    return this.#thread.close();
  }

  /** Sends the next group in a while, unless another write takes it along. */
  #awaitCompany(): void {
    this.#patience ??= setTimeout(() => {
      // Over, even where a group is under way: its end begins another wait.
      this.#patience = undefined;
      this.#schedule();
    }, PATIENCE_MS);
  }

  /** Sends the next group once this turn of the event loop has collected what came with it. */
  #schedule(): void {
    if (this.#scheduled || this.#underWay > 0 || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      clearTimeout(this.#patience);
      this.#patience = undefined;
      const write = this.#takeGroup();
      const group = this.#thread.call();
      const ended = () => {
        this.#underWay = 0;
        const isBulk = this.#waitingOctets >= BULK_OCTETS;
        if (isBulk || this.#waiting.some((waiting) => !PATIENT.has(waiting.name))) this.#schedule();
        else if (this.#waiting.length > 0) this.#awaitCompany();
      };
      group.result.then(ended, ended);
      this.#underWay = write.length;
      this.#thread.send({ write, id: group.id });
    });
  }

  #takeGroup(): WriteCall[] {
    const group: WriteCall[] = [];
    let filled = 0;
    for (const { id, name, args } of this.#waiting) {
      const octets = args.octets;
      if (group.length === GROUP_CALLS || filled + (octets?.length ?? 0) > GROUP_OCTETS) break;
      if (octets) {
        this.#arena.set(octets, filled);
        group.push({ id, name, args: { ...args, octets: null }, at: filled, length: octets.length });
        filled += octets.length;
      } else group.push({ id, name, args });
    }
    this.#waiting.splice(0, group.length);
    this.#waitingOctets -= filled;
    return group;
  }
}
