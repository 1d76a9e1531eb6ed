import { Buffer } from "node:buffer";
import { ClientDialogue, type Step } from "../../dialogue/client.ts";
import type { SessionLog } from "../../dialogue/session.ts";
import type { Connection } from "../../net/connection.ts";
import { ConnectionError } from "../../net/errors.ts";
import { DotDecoder } from "../../wire/dot-stuffing.ts";
import { breach, parseReply, Pop3Error, type Pop3Reply, showReply } from "../reply.ts";
import { type Pop3Steps, stepsWithin } from "./steps.ts";

/** A conversation with a POP3 server. One at a time may use it; after an error it is of no more use. */
export interface Pop3Client {
  readonly dialogue: ClientDialogue<Pop3Reply>;
  readonly steps: Pop3Steps;
  /** How long the server may be silent within a message or list. */
  readonly dataTimeoutMs: number;
}

/** How long a server may take. */
export interface Pop3Timeouts {
  /** For the reply to a command. */
  readonly commandTimeoutMs: number;
  /** How long it may be silent within a message or list. */
  readonly dataTimeoutMs: number;
}

/** Takes the octets of a message. What it returns is awaited before more is read. */
export type TakeOctets = (octets: Uint8Array) => Promise<void> | void;

/** Characters shown of a line that breaks the protocol. */
const SHOWN = 80;

/** Begins a conversation on a connection; nothing is read yet. */
export function openClient(connection: Connection, log: SessionLog, timeouts: Pop3Timeouts): Pop3Client {
  const dialogue = new ClientDialogue<Pop3Reply>(connection, log, {
    take(line) {
      const reply = parseReply(line);
      if (!reply) throw breach("reply", `the server sent "${cut(line)}", expected +OK or -ERR (RFC 1939 section 3)`);
      return reply;
    },
    show: showReply,
    isRefusal: (reply) => !reply.ok,
  });
  return { dialogue, steps: stepsWithin(timeouts.commandTimeoutMs), dataTimeoutMs: timeouts.dataTimeoutMs };
}

/**
 * Sends a command and takes its reply.
 * @throws Pop3Error when the server refuses
 */
export async function demand(client: Pop3Client, step: Step, line: string, shown?: string): Promise<Pop3Reply> {
  return granted(await client.dialogue.ask(step, line, shown), step.name);
}

/** The reply itself when it grants. @throws Pop3Error with the step's label when it refuses */
export function granted(reply: Pop3Reply, label: string): Pop3Reply {
  if (!reply.ok) throw new Pop3Error(label, reply);
  if (reply.continues) throw breach(label, `the server asked for more ("+ ${cut(reply.text)}"), expected +OK or -ERR`);
  return reply;
}

/**
 * Takes the rest of a multi-line response, RFC 1939 section 3, without its dot-stuffing and its final dot.
 * @throws ConnectionError when the connection ends before the final dot: what was given to `take` is no whole response
 */
export async function readResponse(client: Pop3Client, label: string, take: TakeOctets): Promise<void> {
  const { dialogue: { connection }, dataTimeoutMs } = client;
  const decoder = new DotDecoder();
  const what = `the rest of the response to ${label}`;
  const decoded: Uint8Array[] = [];
  for (;;) {
    const piece = await connection.readPiece(dataTimeoutMs, what);
    if (piece === null) throw new ConnectionError(`the server closed the connection while we waited for ${what}`);
    const taken = decoder.decode(piece, (octets) => decoded.push(octets));
    // What stands behind the end is the next reply.
    if (taken >= 0 && taken < piece.length) connection.unread(piece.subarray(taken));
    for (const octets of decoded) {
      const taking = take(octets);
      if (taking) await taking;
    }
    decoded.length = 0;
    if (taken >= 0) return;
  }
}

/**
 * Takes the rest of a multi-line response as lines of text (Latin-1: one character for each octet).
 * @throws ConnectionError when it is not whole, Pop3Error when it is longer than `maxOctets`
 */
export async function readLines(client: Pop3Client, label: string, maxOctets: number): Promise<string[]> {
  const lines: string[] = [];
  let begun = "";
  let octets = 0;
  await readResponse(client, label, (piece) => {
    octets += piece.length;
    if (octets > maxOctets) throw breach(label, `the response is longer than ${maxOctets} octets`);
    const parts = (begun + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("latin1")).split("\r\n");
    begun = parts.pop()!;
    for (const part of parts) lines.push(part);
  });
  return lines;
}

/** A line as an error shows it: of bounded length, without control characters. */
export function cut(line: string): string {
  const visible = line.replace(/[^\x20-\x7e]/g, "?");
  return visible.length > SHOWN ? `${visible.slice(0, SHOWN)}…` : visible;
}
