import type { Pop3Client } from "../pop3/client/dialogue.ts";
import { listSizes, topAll } from "../pop3/client/mailbox.ts";
import { Pop3Error } from "../pop3/reply.ts";
import type { Store } from "../store/store.ts";
import { createHeaderReader, type HeaderReader } from "../wire/header.ts";
import { isNameOfHeader, nameOfHeader } from "./identify.ts";
import type { LedgerRow, ListedMessage } from "./ledger.ts";

/** Where the stored messages are. */
export interface ConfirmPorts {
  readonly store: Store;
  readonly mailboxId: number;
}

/** Names that are not what they were. */
export interface Doubts {
  /** They stand for other messages now. */
  readonly impostors: ReadonlySet<string>;
  /** Their sizes are wrong, and they have no header that could tell: not to be deleted. */
  readonly unproven: ReadonlySet<string>;
}

const NOBODY: Doubts = { impostors: new Set(), unproven: new Set() };
const NO_HEADER = nameOfHeader(new Uint8Array(0));

/** What LIST says; nothing where the server has no list of sizes or what it sends is none: mail does not wait for it. */
export async function sizesOf(client: Pop3Client): Promise<ReadonlyMap<number, number>> {
  try {
    return new Map((await listSizes(client)).map(({ number, octets }) => [number, octets]));
  } catch (error) {
    if (!(error instanceof Pop3Error)) throw error;
    client.dialogue.log.note(`the sizes of the messages are not known: ${error.message}`);
    return new Map();
  }
}

/**
 * Finds the names under which a source now lists other messages than those that are stored: servers must not use a UIDL again
 * (RFC 1939 section 7), and some number their messages anew. To be asked before a message is deleted for which an earlier
 * session has vouched, and before one that was gone is taken for the same again.
 *
 * A size that is right will do. Sizes may lie: where it is wrong, the header decides, and where there is none to be
 * compared (no TOP, or no message here any more) the name is believed. A name that is made of the header proves nothing of
 * the body: there the size decides.
 * @param messages known, as the source lists them
 */
export async function findDoubts(
  client: Pop3Client,
  window: number,
  messages: readonly ListedMessage[],
  rows: readonly LedgerRow[],
  ports: ConfirmPorts,
): Promise<Doubts> {
  if (messages.length === 0) return NOBODY;
  const sizes = await sizesOf(client);
  const known = new Map(rows.map((row) => [row.uidl, row]));
  const doubtful = messages.filter(({ number, uidl }) => sizes.get(number) !== known.get(uidl)?.size);
  const [byHeader, others] = [true, false].map((is) => doubtful.filter(({ uidl }) => isNameOfHeader(uidl) === is));
  const unproven = new Set<string>();
  const impostors = byHeader!.filter(({ number }) => sizes.has(number)).map(({ uidl }) => uidl);
  const there = others!.length === 0 ? new Map() : await headersThere(client, window, others!);
  for (const { number, uidl } of others!) {
    const name = there.get(number);
    if (name === undefined) continue;
    const here = await headerHere(uidl, ports);
    if (here !== null && here !== name) impostors.push(uidl);
    else if (here === NO_HEADER) unproven.add(uidl);
  }
  if (impostors.length > 0) {
    client.dialogue.log.note(`${impostors.length} known UIDLs stand for other messages now: those are fetched as new`);
  }
  return { impostors: new Set(impostors), unproven };
}

/** Names of headers by message number, as far as TOP gives them. */
async function headersThere(
  client: Pop3Client,
  window: number,
  messages: readonly ListedMessage[],
): Promise<Map<number, string>> {
  const headers = await headersOf(client, window, messages);
  return new Map([...headers].map(([number, octets]) => [number, nameOfHeader(octets)]));
}

/** Header sections by message number, as far as TOP gives them. */
export async function headersOf(
  client: Pop3Client,
  window: number,
  messages: readonly ListedMessage[],
): Promise<Map<number, Uint8Array>> {
  const headers = new Map<number, Uint8Array>();
  let header: HeaderReader = createHeaderReader();
  let current = 0;
  await topAll(client, messages.map(({ number }) => number), window, {
    begin: (number) => [current, header] = [number, createHeaderReader()],
    take: (octets) => void header.push(octets),
    end: () => void headers.set(current, header.finish().octets),
    refused: () => undefined,
  });
  return headers;
}

async function headerHere(uidl: string, { store, mailboxId }: ConfirmPorts): Promise<string | null> {
  const id = await store.read("messageOfLedger", { mailboxId, uidl });
  if (id === null) return null;
  const header = createHeaderReader();
  for await (const octets of store.octets(id)) if (header.push(octets)) break;
  return nameOfHeader(header.finish().octets);
}
