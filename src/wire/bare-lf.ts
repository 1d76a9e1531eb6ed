const LF = 10;
const CR = 13;
const DOT = 46;
const CRLF = new Uint8Array([CR, LF]);

/**
 * Ends lines with CRLF that a client has ended with a bare LF. Takes a message's octets in pieces of any size, as a
 * `DotDecoder` gives them: where the message ends has been decided before, by CRLF "." CRLF alone, and whoever sends the
 * result on stuffs its dots anew. So a dot on a line of its own, whatever stood around it, is one more line of the text.
 *
 * A line behind a bare LF is none to the decoder: where the client has doubled its first dot, as it does on every line
 * (RFC 5321 section 4.5.2), one of the two is taken off here. A single dot stays, since nothing was added there.
 */
export class BareLfMender {
  #last = -1;
  /** What stands before the next octet: a bare LF, or that and a dot; null: something else. */
  #before: "bare LF" | "dot" | null = null;

  /**
   * Takes one piece.
   * @param emit gets the mended octets, as views of `piece` where possible
   */
  push(piece: Uint8Array, emit: (octets: Uint8Array) => void): void {
    let from = 0;
    const give = (to: number) => {
      if (to > from) emit(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
    };
    for (let at = 0; at < piece.length;) {
      if (this.#before !== null) {
        const isDot = piece[at] === DOT;
        if (isDot && this.#before === "dot") {
          give(at);
          from = at + 1;
        }
        this.#before = isDot && this.#before === "bare LF" ? "dot" : null;
        if (isDot) {
          at++;
          continue;
        }
      }
      const lf = piece.indexOf(LF, at);
      if (lf < 0) break;
      at = lf + 1;
      if ((lf > 0 ? piece[lf - 1] : this.#last) === CR) continue;
      give(lf);
      emit(CRLF);
      from = at;
      this.#before = "bare LF";
    }
    give(piece.length);
    if (piece.length > 0) this.#last = piece[piece.length - 1]!;
  }
}
