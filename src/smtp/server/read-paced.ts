import { EndSession } from "../../dialogue/server.ts";
import { DeadlineError } from "../../net/errors.ts";
import { reply, type SmtpReply } from "../reply.ts";
import type { MessagePace } from "./pace.ts";
import type { SmtpContext } from "./state.ts";

/**
 * Reads the next octets of a message.
 * @param what what is awaited: "the message"
 * @returns null when the client has closed its side
 * @throws EndSession with 421 when the client is too slow, ConnectionError
 */
export async function readPaced(
  { dialogue: { connection }, policy }: SmtpContext,
  pace: MessagePace,
  what: string,
): Promise<Uint8Array | null> {
  const before = Date.now();
  const leftMs = pace.leftMs(before);
  if (leftMs <= 0) throw tooSlow(what);
  try {
    const piece = await connection.readPiece(Math.min(policy.dataTimeoutMs, leftMs), what);
    pace.came(piece?.length ?? 0, Date.now() - before);
    return piece;
  } catch (error) {
    if (error instanceof DeadlineError && leftMs < policy.dataTimeoutMs) throw tooSlow(what);
    throw error;
  }
}

function tooSlow(what: string): EndSession<SmtpReply> {
  return new EndSession("refused", `${what} came too slowly`, reply(421, "4.7.0", "You send too slowly, goodbye"));
}
