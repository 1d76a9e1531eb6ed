import { Buffer } from "node:buffer";
import type { SessionRecord } from "../../src/dialogue/session.ts";
import { Connection } from "../../src/net/connection.ts";
import { streamPair } from "../../src/net/pipe.ts";

/** How long a session may take whose client has said all it has to say: longer, and it hangs. */
const HANG_MS = 20_000;

/** What a client saw that said everything, closed its side, and read to the end. */
export interface Played {
  readonly output: string;
  readonly record: SessionRecord;
}

/** Serves a connection; resolves when the session has ended. */
export type ServeConnection = (server: Connection) => Promise<SessionRecord>;

/**
 * Plays octets against a server over streams in memory: writes the pieces, closes its side, reads to the end.
 * @param pauses lets the server run between two pieces
 * @throws when the session does not end
 */
export async function playOctets(
  serve: ServeConnection,
  pieces: readonly Uint8Array[],
  pauses = false,
): Promise<Played> {
  const [left, right] = streamPair();
  const address = { address: "192.0.2.1", port: 1 };
  const recorded = serve(new Connection(right, address, { address: "192.0.2.2", port: 2 }));
  const came: Uint8Array[] = [];
  const end = Promise.withResolvers<void>();
  left.on("data", (piece: Uint8Array) => came.push(piece));
  left.on("end", end.resolve);
  left.on("close", end.resolve);
  // A server that has sent the client away does not take the rest.
  left.on("error", () => end.resolve());
  for (const piece of pieces) {
    if (left.destroyed) break;
    left.write(piece);
    if (pauses) await new Promise((resolve) => setImmediate(resolve));
  }
  left.end();
  const timer = setTimeout(() => end.reject(new Error("the session hangs")), HANG_MS);
  try {
    await end.promise;
    return { output: Buffer.concat(came).toString("latin1"), record: await recorded };
  } finally {
    clearTimeout(timer);
    left.destroy();
    right.destroy();
  }
}

/** Cuts octets at the given places, counted from the start and taken around its end. */
export function cutAt(octets: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...new Set(places.map((place) => place % (octets.length + 1))), octets.length].sort((a, b) => a - b);
  return ends.map((end, index) => octets.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

/** Each octet a piece of its own. */
export function octetByOctet(octets: Uint8Array): Uint8Array[] {
  return Array.from(octets, (octet) => Uint8Array.of(octet));
}
