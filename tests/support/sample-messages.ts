import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";

/** Octets of base64 text in a line of 76 characters and CRLF. */
const LINE_OCTETS = 78;

/**
 * A message of exactly `size` octets with a text and, where there is room, attachments in base64; lines that begin with
 * dots, 8-bit text. Ends with CRLF.
 */
export function sampleMessage(size: number, subject = "A message of many octets"): Buffer {
  const start = Buffer.from(
    [
      "From: Alice <alice@example.net>",
      "To: Bob <bob@example.org>",
      `Subject: ${subject}`,
      `Message-ID: <${randomBytes(12).toString("hex")}@example.net>`,
      "Date: Tue, 24 Nov 2026 07:00:00 +0000",
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="part"',
      "",
      "--part",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Transfer-Encoding: 8bit",
      "",
      "The scan of this morning, zürich.",
      ".",
      "..",
      ".hidden",
      "",
      "--part",
      'Content-Type: application/pdf; name="scan.pdf"',
      'Content-Disposition: attachment; filename="scan.pdf"',
      "Content-Transfer-Encoding: base64",
      "",
      "",
    ].join("\r\n"),
  );
  const end = Buffer.from("\r\n--part--\r\n");
  return Buffer.concat([start, base64Text(size - start.length - end.length), end], size);
}

/** Exactly so many octets of base64 in lines, the last one ended too. */
function base64Text(size: number): Buffer {
  if (size < 2) throw new RangeError(`${size} octets are too few for an attachment`);
  const bits = randomBytes(Math.ceil(size / LINE_OCTETS) * 57).toString("base64");
  const text = Buffer.from(bits.replace(/.{76}/g, "$&\r\n"), "latin1").subarray(0, size);
  // Cut within a line end, a bare CR would stay.
  if (text[size - 3] === 13) text[size - 3] = 65;
  text.write("\r\n", size - 2);
  return text;
}

/** A message that is made while it is sent, never held whole: its octets in pieces, their number and SHA-256. */
export interface StreamedMessage {
  readonly size: number;
  pieces(): AsyncGenerator<Uint8Array>;
  /** Of all octets of the last run of `pieces`. */
  digest(): string;
}

/** A message of at least `size` octets made of one piece again and again. No line begins with a dot. */
export function streamedMessage(size: number): StreamedMessage {
  const header = Buffer.from(
    "From: alice@example.net\r\nTo: bob@example.org\r\nSubject: streamed\r\n" +
      `Message-ID: <${randomBytes(12).toString("hex")}@example.net>\r\n\r\n`,
  );
  const piece = Buffer.from(randomBytes(57 * 800).toString("base64").replace(/.{76}/g, "$&\r\n"), "latin1");
  const count = Math.ceil((size - header.length) / piece.length);
  let hash = createHash("sha256");
  return {
    size: header.length + count * piece.length,
    async *pieces() {
      hash = createHash("sha256");
      hash.update(header);
      yield header;
      for (let index = 0; index < count; index++) {
        hash.update(piece);
        yield piece;
        await null;
      }
    },
    digest: () => hash.copy().digest("hex"),
  };
}

/**
 * Checks that a message arrived as it was sent, with exactly one Received field before it (RFC 5321 section 4.4), and
 * gives that field, unfolded.
 * @throws with the first difference
 */
export function receivedBefore(arrived: Buffer, sent: Buffer): string {
  const added = arrived.length - sent.length;
  const tail = arrived.subarray(Math.max(0, added));
  if (!tail.equals(sent)) {
    let index = 0;
    while (index < tail.length && tail[index] === sent[index]) index++;
    const show = (octets: Buffer) => JSON.stringify(octets.subarray(index, index + 60).toString("latin1"));
    throw new Error(
      `sent ${sent.length} octets, ${arrived.length} arrived; counted from the end they differ at ${index}: ` +
        `${show(sent)} was sent, ${show(tail)} arrived`,
    );
  }
  const text = arrived.subarray(0, added).toString("latin1");
  if (!/^Received: [^\r\n]+\r\n(?:[ \t][^\r\n]+\r\n)*$/.test(text)) {
    throw new Error(`this stands before the message, and is not one Received field: ${JSON.stringify(text)}`);
  }
  return text.trimEnd().replace(/\r\n[ \t]+/g, " ");
}
