import type { Step } from "../../dialogue/client.ts";
import { breach, type Pop3Reply } from "../reply.ts";
import { cut, demand, granted, type Pop3Client, readLines, readResponse, type TakeOctets } from "./dialogue.ts";

/** A message as UIDL lists it: its number in this session, and its name for ever (RFC 1939 section 7). */
export interface UidlEntry {
  readonly number: number;
  readonly uidl: string;
}

/** A message as LIST lists it. The size is what the server says, not what it is. */
export interface SizeEntry {
  readonly number: number;
  readonly octets: number;
}

/** Who takes retrieved messages. Between `begin` and `end` octets belong to one message; an error in between ends it. */
export interface Retrieval {
  /** The server sends this message now. */
  begin(number: number): void;
  /** Octets of the message, without dot-stuffing. They are the taker's for good. */
  take(octets: Uint8Array): Promise<void> | void;
  /** The message is whole: its final dot was seen. */
  end(): Promise<void> | void;
  /** The server refuses to send this message; the next ones are not affected. */
  refused(number: number, reply: Pop3Reply): void;
}

/** A million messages with the longest lines: more is a server gone mad. */
const LISTING_OCTETS = 96 * 1024 * 1024;
const UIDL_LINE = /^(\d{1,10}) ([\x21-\x7e]{1,70})$/;
const LIST_LINE = /^(\d{1,10}) (\d{1,15})(?: .*)?$/;

/** The messages and their octets, as the server counts them. */
export async function stat(client: Pop3Client): Promise<{ readonly messages: number; readonly octets: number }> {
  const { text } = await demand(client, client.steps.stat, "STAT");
  const match = LIST_LINE.exec(text);
  if (!match) throw breach("STAT", `the server sent "+OK ${cut(text)}", expected two numbers (RFC 1939 section 5)`);
  return { messages: Number(match[1]), octets: Number(match[2]) };
}

/**
 * The whole UIDL list, in the server's order. A UIDL may stand in it twice: identical copies may share one (RFC 1939
 * section 7); a number may not.
 * @throws Pop3Error when the server has no UIDL or sends what is not a list of them
 */
export async function listUidls(client: Pop3Client): Promise<UidlEntry[]> {
  await demand(client, client.steps.uidl, "UIDL");
  const lines = await readLines(client, "UIDL", LISTING_OCTETS);
  const entries = lines.map((line) => {
    const match = UIDL_LINE.exec(line);
    const expected = "expected a number, a space and 1 to 70 characters from 0x21 to 0x7E (RFC 1939 section 7)";
    if (!match) throw breach("UIDL", `the server sent the line "${cut(line)}", ${expected}`);
    return { number: Number(match[1]), uidl: match[2]! };
  });
  requireDistinct("UIDL", entries);
  return entries;
}

/** The sizes that the server gives, in its order. @throws Pop3Error when it sends what is not a list of them */
export async function listSizes(client: Pop3Client): Promise<SizeEntry[]> {
  await demand(client, client.steps.list, "LIST");
  const lines = await readLines(client, "LIST", LISTING_OCTETS);
  const entries = lines.map((line) => {
    const match = LIST_LINE.exec(line);
    if (!match) {
      throw breach("LIST", `the server sent the line "${cut(line)}", expected two numbers (RFC 1939 section 5)`);
    }
    return { number: Number(match[1]), octets: Number(match[2]) };
  });
  requireDistinct("LIST", entries);
  return entries;
}

/**
 * Retrieves one message.
 * @throws Pop3Error when the server refuses; ConnectionError when the message is cut off: what was taken is no message
 */
export async function retrieve(client: Pop3Client, number: number, take: TakeOctets): Promise<void> {
  const label = `RETR ${number}`;
  granted(await client.dialogue.ask(client.steps.retr, label), label);
  await readResponse(client, label, take);
  client.dialogue.log.messages++;
}

/**
 * Retrieves messages one after the other, asking for up to `window` of them ahead (1: each when the last has come; more
 * only where CAPA says PIPELINING, RFC 2449 section 6.6). Reads no faster than `retrieval` takes.
 * @throws ConnectionError when the connection ends within a message; what `retrieval` throws. The dialogue is of no use then.
 */
export async function retrieveAll(
  client: Pop3Client,
  numbers: readonly number[],
  window: number,
  retrieval: Retrieval,
): Promise<void> {
  await takeAll(client, numbers, window, client.steps.retr, (number) => `RETR ${number}`, retrieval);
}

/** The headers of messages, asked for as `retrieveAll` asks for whole ones. @throws as `retrieveAll` */
export async function topAll(
  client: Pop3Client,
  numbers: readonly number[],
  window: number,
  retrieval: Retrieval,
): Promise<void> {
  await takeAll(client, numbers, window, client.steps.top, (number) => `TOP ${number} 0`, retrieval);
}

async function takeAll(
  client: Pop3Client,
  numbers: readonly number[],
  window: number,
  step: Step,
  labelOf: (number: number) => string,
  retrieval: Retrieval,
): Promise<void> {
  const send = (number: number) => client.dialogue.send(step, labelOf(number));
  await inWindow(numbers, window, send, async (number) => {
    const reply = await client.dialogue.reply(step);
    if (!reply.ok) return retrieval.refused(number, reply);
    const label = labelOf(number);
    granted(reply, label);
    retrieval.begin(number);
    await readResponse(client, label, (octets) => retrieval.take(octets));
    await retrieval.end();
    if (step === client.steps.retr) client.dialogue.log.messages++;
  });
}

/** The header and the first lines of a message's body. @throws as `retrieve` */
export async function top(client: Pop3Client, number: number, lines: number, take: TakeOctets): Promise<void> {
  const label = `TOP ${number} ${lines}`;
  granted(await client.dialogue.ask(client.steps.top, label), label);
  await readResponse(client, label, take);
}

/** Marks messages as deleted; gives those that the server marked. They are removed when it grants QUIT. */
export async function deleteAll(client: Pop3Client, numbers: readonly number[], window: number): Promise<number[]> {
  const marked: number[] = [];
  const send = (number: number) => client.dialogue.send(client.steps.dele, `DELE ${number}`);
  await inWindow(numbers, window, send, async (number) => {
    const reply = await client.dialogue.reply(client.steps.dele);
    if (reply.ok) marked.push(number);
  });
  return marked;
}

/**
 * Ends the session after a login: the server removes what was marked.
 * @throws Pop3Error when the server says that it could not; ConnectionError when its answer is lost: nobody knows then
 */
export async function quit(client: Pop3Client): Promise<Pop3Reply> {
  const reply = await demand(client, client.steps.quit, "QUIT");
  await client.dialogue.connection.end();
  return reply;
}

/** Leaves a server without waiting for its answer, where no message was marked as deleted: QUIT would remove them. */
export async function leave(client: Pop3Client): Promise<void> {
  client.dialogue.send(client.steps.leave, "QUIT");
  await client.dialogue.connection.end();
}

/** Sends commands ahead of their replies, and fills up when half of the window was answered: few writes for many. */
async function inWindow(
  numbers: readonly number[],
  window: number,
  send: (number: number) => void,
  take: (number: number) => Promise<void>,
): Promise<void> {
  let sent = 0;
  for (let taken = 0; taken < numbers.length; taken++) {
    if (sent - taken <= window >> 1) {
      for (const end = Math.min(numbers.length, taken + Math.max(1, window)); sent < end; sent++) send(numbers[sent]!);
    }
    await take(numbers[taken]!);
  }
}

function requireDistinct(step: string, entries: readonly { readonly number: number }[]): void {
  let last = 0;
  const rises = entries.every(({ number }) => number > last && (last = number) > 0);
  // As all servers list them.
  if (rises) return;
  const numbers = new Set<number>();
  for (const { number } of entries) {
    if (number < 1) throw breach(step, "the server listed a message 0, expected numbers from 1");
    if (numbers.has(number)) throw breach(step, `the server listed message ${number} twice`);
    numbers.add(number);
  }
}
