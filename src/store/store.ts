import { fileURLToPath } from "node:url";
import { CHUNK_OCTETS } from "./chunks.ts";
import type { DatabaseLocation } from "./database.ts";
import type { ArgsOf, ResultOf } from "./operation.ts";
import type { OperationName, operations } from "./operations.ts";
import type { QueryArgs, QueryName, QueryResult } from "./queries.ts";
import { type Hold, holdOpen } from "./hold.ts";
import { Reader, SLOT_OCTETS } from "./reader.ts";
import { Writer } from "./writer.ts";

/** Most octets that `Store.smallMessages` reads at once. */
export const SMALL_READ_OCTETS = SLOT_OCTETS;

/** The store as the rest of Waypost sees it: typed writes that resolve when they are durable, and typed reads. */
export interface Store {
  /**
   * Carries out a write of operations.ts. Resolves after the commit that makes it durable.
   * @throws StoreError: nothing of it has happened
   */
  write<Name extends OperationName>(
    name: Name,
    args: ArgsOf<(typeof operations)[Name]>,
  ): Promise<ResultOf<(typeof operations)[Name]>>;
  /** Runs a query of queries.ts. @throws StoreError */
  read<Name extends QueryName>(name: Name, args: QueryArgs<Name>): Promise<QueryResult<Name>>;
  /** The octets of a stored message, some chunks at a time, one read ahead of the consumer. @throws StoreError */
  octets(spoolId: number): AsyncIterable<Uint8Array>;
  /**
   * The octets of several small messages in one read, in the order of their ids; null where there are none.
   * @param spoolIds messages of less than CHUNK_OCTETS each, and of SMALL_READ_OCTETS in all
   * @throws StoreError
   */
  smallMessages(spoolIds: readonly number[]): Promise<(Uint8Array | null)[]>;
  /** Writes that wait for a commit at this moment. */
  readonly waitingWrites: number;
  /** Finishes what waits and closes the database. */
  close(): Promise<void>;
}

/** The file of a database, or null for a libSQL server. `url` as the settings give it: a file's path is absolute. */
export function databaseFile(url: string): string | null {
  return url.startsWith("file:") ? fileURLToPath(url) : null;
}

/**
 * Opens the store: starts its threads and brings the database to this version's schema.
 * @throws StoreError when the database cannot be opened or was written by a newer version
 */
export async function openStore(location: DatabaseLocation): Promise<Store> {
  const writer = await Writer.start(location);
  const reader = await Reader.start(location).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const hold = await holdDatabase(location).catch(async (error: unknown) => {
    await Promise.all([writer.close(), reader.close()]);
    throw error;
  });
  return {
    write: (name, args) => writer.write(name, args) as Promise<never>,
    read: (name, args) => reader.query(name, args) as Promise<never>,
    octets: (spoolId) => octetsOf(reader, spoolId),
    smallMessages: (spoolIds) => reader.small(spoolIds),
    get waitingWrites() {
      return writer.waiting;
    },
    async close() {
      const written = await Promise.all([writer.close(), reader.close()]);
      if (written.every(Boolean)) hold?.release();
    },
  };
}

function holdDatabase({ url }: DatabaseLocation): Promise<Hold | null> {
  const file = databaseFile(url);
  return Promise.resolve().then(() => file === null ? null : holdOpen(file));
}

/** The octets of a stored message, some chunks at a time. */
export async function* octetsOf(reader: Reader, spoolId: number): AsyncGenerator<Uint8Array> {
  let next = reader.chunks(spoolId, 0);
  for (let position = 0;;) {
    const octets = await next;
    position += octets.length / CHUNK_OCTETS;
    // A chunk that is not full is the last one: small messages need no second look.
    const isEnd = octets.length === 0 || !Number.isInteger(position);
    if (!isEnd) {
      next = reader.chunks(spoolId, position);
      // Marked as handled: the consumer may leave before it looks.
      next.catch(() => undefined);
    }
    if (octets.length > 0) yield octets;
    if (isEnd) return;
  }
}
