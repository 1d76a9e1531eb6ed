import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Pop3Client } from "../pop3/client/dialogue.ts";
import type { Capabilities } from "../pop3/client/login.ts";
import { listUidls, stat, topAll } from "../pop3/client/mailbox.ts";
import { negative, Pop3Error } from "../pop3/reply.ts";
import { createHeaderReader, type HeaderReader } from "../wire/header.ts";
import type { ListedMessage } from "./ledger.ts";

/** Fields that servers write into a message that lies with them: the same message has others the next time. */
const VOLATILE = /^(?:x-)?(?:status|uidl|keywords|content-length|lines|mozilla-[a-z0-9-]+)[ \t]*:/i;

/** How names begin that are made of headers. */
const BY_HEADER = "top:";

/**
 * Lists the messages of a source by names that stay.
 *
 * By UIDL, or by their header: for a server whose UIDLs change as the settings say, and for one that has no UIDL at all by
 * itself. TOP is asked for every message at each poll then, and identical headers count as copies. A server that says in
 * CAPA that it has UIDL and refuses it all the same has a fault: other names for everything would fetch all of it again.
 * @throws Pop3Error when the server has neither UIDL nor TOP, and as listUidls
 */
export async function listMessages(
  client: Pop3Client,
  offered: Capabilities,
  identifyBy: "uidl" | "headers",
  window: number,
): Promise<ListedMessage[]> {
  if (identifyBy === "uidl") {
    try {
      return await listUidls(client);
    } catch (error) {
      if (!isUnknownCommand(error)) throw error;
      if (offered.has("UIDL")) throw refusedThoughOffered(error.reply.text);
      client.dialogue.log.note("the server has no UIDL: messages are known by their headers");
    }
  }
  return await listByHeaders(client, window);
}

function refusedThoughOffered(text: string): Pop3Error {
  const cause = `UIDL: the server says that it has it, and refuses it (-ERR ${text}); should that last, ` +
    `identify_by = "headers" does without`;
  return new Pop3Error("UIDL", negative(text, undefined, cause));
}

function isUnknownCommand(error: unknown): error is Pop3Error {
  if (!(error instanceof Pop3Error) || error.step !== "UIDL") return false;
  const { ok, code, cause } = error.reply;
  return !ok && code === undefined && cause === undefined;
}

async function listByHeaders(client: Pop3Client, window: number): Promise<ListedMessage[]> {
  const { messages } = await stat(client);
  const numbers = Array.from({ length: messages }, (_, index) => index + 1);
  const listed: ListedMessage[] = [];
  let header: HeaderReader = createHeaderReader();
  let current = 0;
  await topAll(client, numbers, window, {
    begin: (number) => [current, header] = [number, createHeaderReader()],
    take: (octets) => void header.push(octets),
    end: () => void listed.push({ number: current, uidl: nameOfHeader(header.finish().octets) }),
    refused(number, reply) {
      const cause = `TOP ${number}: the server has no UIDL and does not send the header either (-ERR ${reply.text}): ` +
        "its messages cannot be told apart";
      throw new Pop3Error("TOP", negative(reply.text, reply.code, cause));
    },
  });
  return listed;
}

/** Whether a name was made by `nameOfHeader`. */
export function isNameOfHeader(name: string): boolean {
  return name.startsWith(BY_HEADER);
}

/** The name of a message by its header, 1 to 70 characters as a UIDL's. Pure. */
export function nameOfHeader(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("latin1");
  const fields = text.split(/\r?\n(?![ \t])/).filter((field) => !VOLATILE.test(field));
  return `${BY_HEADER}${createHash("sha256").update(fields.join("\n"), "latin1").digest("base64url")}`;
}
