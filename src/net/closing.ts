import type { Duplex } from "node:stream";

/** How long the peer may take what waits to be sent when its connection is closed. */
const END_GRACE_MS = 10_000;
/** How long a connection is kept for a peer that goes on sending. */
const LINGER_MS = 2_000;

/** Closes this side of a stream. Resolves when all has left, or nothing more will. */
export function endStream(stream: Duplex): Promise<void> {
  return new Promise<void>((resolve) => {
    if (stream.destroyed) return resolve();
    const finish = () => {
      clearTimeout(grace);
      stream.off("close", finish);
      resolve();
    };
    const grace = setTimeout(finish, END_GRACE_MS);
    stream.once("close", finish);
    stream.end(finish);
  });
}

/**
 * Lets go of a stream whose own side is closed once the peer has closed too, or after a while. What it still sends is
 * read away: a socket that is destroyed with octets unread resets the connection, and the peer loses the last reply.
 */
export function letGo(stream: Duplex): void {
  if (stream.destroyed) return;
  const destroy = () => void stream.destroy();
  const linger = setTimeout(destroy, LINGER_MS);
  linger.unref();
  stream.removeAllListeners("data");
  stream.on("data", () => undefined);
  stream.once("end", destroy);
  stream.once("close", () => clearTimeout(linger));
  stream.resume();
}
