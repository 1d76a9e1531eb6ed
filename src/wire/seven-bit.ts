import { Buffer } from "node:buffer";
import { encodeBase64 } from "./base64.ts";
import { encodeQuotedPrintable } from "./mime-encoding.ts";

/** Multiparts deeper than this are not followed. */
const maxDepth = 20;
const base64Line = /.{76}(?=.)/g;

/** An entity of RFC 2045 section 2.4; each character of its texts is an octet. */
interface Entity {
  /** Its fields, each with its line end. */
  readonly header: string;
  readonly body: string;
  /** The media type in lower case. RFC 2045 section 5.2 has a default. */
  readonly type: string;
  readonly contentType: string | undefined;
}

/**
 * Converts a message with 8-bit text into one of ASCII, RFC 6152 section 3: what parts hold is encoded as
 * quoted-printable or base64 and comes out of them as it was. Everything that is ASCII stays as it is.
 * @returns null where that cannot be done without loss: 8-bit text in a header or between parts, parts that are signed
 * or encrypted, or whose encoding says what it is not
 */
export function convertToSevenBit(message: Uint8Array): Uint8Array | null {
  const converted = convertEntity(Buffer.from(message).toString("latin1"), true, 0);
  return converted === null ? null : Buffer.from(converted, "latin1");
}

function convertEntity(text: string, isMessage: boolean, depth: number): string | null {
  if (isSevenBit(text)) return text;
  const entity = readEntity(text);
  if (!entity || depth > maxDepth) return null;
  const body = convertBody(entity, depth);
  if (body === null) return null;
  const header = setEncoding(isMessage ? makeMime(entity) : entity.header, body.encoding);
  return `${header}\r\n${body.text}${isMessage && body.encoding === "base64" ? "\r\n" : ""}`;
}

function readEntity(text: string): Entity | null {
  const end = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n") + 2;
  // 1: there is no empty line.
  if (end === 1) return null;
  const header = text.slice(0, end);
  const encodings = valuesOf(header, "content-transfer-encoding");
  const types = valuesOf(header, "content-type");
  if (!isSevenBit(header) || encodings.length > 1 || types.length > 1) return null;
  if (!/^(?:7bit|8bit|binary)?$/i.test(encodings[0] ?? "")) return null;
  const contentType = types[0];
  const type = (contentType ?? "text/plain").split(";")[0]!.trim().toLowerCase();
  return { header, body: text.slice(end + 2), type, contentType };
}

/** The body in ASCII and the encoding that it has then, or null. */
function convertBody({ body, type, contentType }: Entity, depth: number): { text: string; encoding: string } | null {
  let text: string | null;
  if (type.startsWith("multipart/")) text = convertParts(body, type, contentType ?? "", depth);
  else if (type === "message/rfc822") text = convertEntity(body, true, depth + 1);
  else if (type.startsWith("message/")) return null;
  else {
    const octets = Buffer.from(body, "latin1");
    return type.startsWith("text/")
      ? { text: encodeQuotedPrintable(octets), encoding: "quoted-printable" }
      : { text: encodeBase64(octets).replace(base64Line, "$&\r\n"), encoding: "base64" };
  }
  return text === null ? null : { text, encoding: "7bit" };
}

/** RFC 2046 section 5.1.1: what stands between the delimiter lines, which keep their place. */
function convertParts(body: string, type: string, contentType: string, depth: number): string | null {
  if (type === "multipart/signed" || type === "multipart/encrypted") return null;
  const found = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(contentType);
  const boundary = found?.[1]?.replace(/\\(.)/g, "$1") ?? found?.[2];
  if (!boundary) return null;
  const escaped = boundary.replace(
    /[^A-Za-z0-9]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  const delimiter = new RegExp(`(?:^|\\r\\n)--${escaped}(--)?[ \\t]*(?=\\r\\n|$)`, "g");
  let converted = "";
  let at = 0;
  let within = false;
  for (const match of body.matchAll(delimiter)) {
    const part = convertPart(body.slice(at, match.index), within, depth);
    if (part === null) return null;
    converted += part + match[0];
    at = match.index + match[0].length;
    within = match[1] === undefined;
    if (!within) break;
  }
  const rest = convertPart(body.slice(at), within, depth);
  return rest === null ? null : converted + rest;
}

/** What stands between two delimiters, begun by the line end of the first; before and behind all parts stands no part. */
function convertPart(text: string, isPart: boolean, depth: number): string | null {
  if (isSevenBit(text)) return text;
  if (!isPart) return null;
  const converted = convertEntity(text.slice(2), false, depth + 1);
  return converted === null ? null : `\r\n${converted}`;
}

/** A message from before MIME becomes one whose characters nobody knows. RFC 1428 section 3. */
function makeMime({ header, contentType }: Entity): string {
  const version = valuesOf(header, "mime-version").length > 0 ? "" : "MIME-Version: 1.0\r\n";
  return `${header}${version}${contentType === undefined ? "Content-Type: text/plain; charset=unknown-8bit\r\n" : ""}`;
}

function setEncoding(header: string, encoding: string): string {
  const field = `Content-Transfer-Encoding: ${encoding}\r\n`;
  const present = /^content-transfer-encoding[ \t]*:.*\r\n(?:[ \t].*\r\n)*/im;
  return present.test(header) ? header.replace(present, field) : header + field;
}

/** The values of all fields with this name, unfolded. */
function valuesOf(header: string, name: string): string[] {
  return header.split(/\r\n(?![ \t])/).flatMap((field) => {
    const colon = field.indexOf(":");
    if (colon < 0 || field.slice(0, colon).trim().toLowerCase() !== name) return [];
    return [field.slice(colon + 1).replaceAll("\r\n", "").trim()];
  });
}

function isSevenBit(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}
