import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";

/** Pieces up to this size are joined before they are sent: one system call and one packet for a group of replies. */
const JOIN_OCTETS = 32 * 1024;

const NO_PIECES: Uint8Array[] = [];

/** What was written to a connection and has not been handed to its stream. */
export class Output {
  #pieces = NO_PIECES;
  /** Octets that wait. */
  octets = 0;

  /** Adds a piece, which is no longer the caller's. */
  push(piece: Uint8Array): void {
    if (this.#pieces === NO_PIECES) this.#pieces = [piece];
    else this.#pieces.push(piece);
    this.octets += piece.length;
  }

  /** Hands all of it over. */
  sendTo(stream: Duplex): void {
    const pieces = this.#pieces;
    if (pieces === NO_PIECES) return;
    const octets = this.octets;
    this.#pieces = NO_PIECES;
    this.octets = 0;
    if (pieces.length === 1) stream.write(pieces[0]);
    else if (octets <= JOIN_OCTETS) stream.write(Buffer.concat(pieces, octets));
    else {
      stream.cork();
      for (const piece of pieces) stream.write(piece);
      stream.uncork();
    }
  }
}
