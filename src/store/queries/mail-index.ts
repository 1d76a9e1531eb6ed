import { reclaim } from "../../net/reclaim.ts";
import type { Database } from "../database.ts";
import type { IndexedMail } from "../operations/mail-index.ts";
import { readChunks } from "./spool.ts";

/** Octets of one message that are looked at for its text: what is attached behind that is not seen. */
const LOOKED_AT_OCTETS = 1024 * 1024;
/** Octets after which the rest of a batch is left for the next: nobody else reads meanwhile. */
const BATCH_OCTETS = 512 * 1024;

/** Which messages are looked for in the full-text index. */
export interface IndexWindow {
  /** Of ids between the two, these not counted. */
  readonly after: number;
  readonly before: number;
  /** So many of each kind, the newest. */
  readonly scan: number;
}

/** Messages of a window that the full-text index does not have, the newest first; `next`: where the rest begins, null: there is none. */
export async function unindexedMail(
  { client }: Database,
  { after, before, scan }: IndexWindow,
): Promise<{ readonly ids: number[]; readonly next: number | null }> {
  const kinds = await Promise.all(["message", "mailbox_message"].map(async (table) => {
    const { rows } = await client.execute({
      sql: `select id, not exists (select 1 from mail_index_docsize as d where d.id = newest.id) as missing
            from (select id from ${table} where id < ? and id > ? order by id desc limit ?) as newest`,
      args: [before, after, scan],
    });
    return rows.map((row) => ({ id: Number(row.id), missing: Number(row.missing) === 1 }));
  }));
  const ends = kinds.filter((rows) => rows.length === scan).map((rows) => rows.at(-1)!.id);
  const next = ends.length === 0 ? null : Math.max(...ends);
  const ids = kinds.flat().filter(({ id, missing }) => missing && id >= (next ?? 0)).map(({ id }) => id);
  return { ids: ids.sort((a, b) => b - a), next };
}

/** How many messages the full-text index has, and how many it has not. */
export async function mailIndexState({ client }: Database, _args: null) {
  const { rows } = await client.execute(
    `select (select count(*) from mail_index_docsize) as indexed,
            (select count(*) from message) + (select count(*) from mailbox_message) as messages`,
  );
  const [indexed, messages] = [Number(rows[0]!.indexed), Number(rows[0]!.messages)];
  return { indexed, missing: Math.max(0, messages - indexed) };
}

interface Row {
  readonly id: number;
  readonly sender: string;
  readonly recipients: string;
  readonly subject: string;
  /** Its octets are here to stay for a while. */
  readonly stays: boolean;
}

/**
 * What is indexed of messages: the first of `ids`, as many as fit a batch, at least one; those that are gone are missing.
 * @returns them, and how many of `ids` they stand for
 */
export async function mailToIndex(
  database: Database,
  args: {
    readonly ids: readonly number[];
    /** Characters of text of each message, about; 0: what stands beside the message is all. */
    readonly maxText: number;
    /** What is delivered is kept for a while: the text of what waits is indexed too. */
    readonly keepsDelivered: boolean;
  },
): Promise<{ readonly rows: IndexedMail[]; readonly taken: number }> {
  const found = await rowsOf(database, args.ids, args.keepsDelivered);
  const rows: IndexedMail[] = [];
  let octets = 0;
  let taken = 0;
  for (const id of args.ids) {
    if (octets > BATCH_OCTETS) break;
    taken++;
    const row = found.get(id);
    if (!row) continue;
    const { sender, recipients, subject } = row;
    if (args.maxText === 0 || !row.stays) {
      rows.push({ id, sender, recipients, subject, names: "", body: "" });
      continue;
    }
    const { text, read } = await textOf(database, id, args.maxText);
    octets += read;
    const everyone = { sender: `${sender} ${text.from}`, recipients: `${recipients} ${text.to}` };
    rows.push({ id, ...everyone, subject, names: text.names, body: text.text });
  }
  return { rows, taken };
}

async function rowsOf(
  { client }: Database,
  ids: readonly number[],
  keepsDelivered: boolean,
): Promise<Map<number, Row>> {
  const { rows } = await client.execute({
    sql: `select id, sender, subject, (done_at is null and ?2) or kept_until is not null as stays,
            (select group_concat(address, ' ') from recipient where message_id = message.id) as recipients
          from message where id in (select value from json_each(?1))
          union all
          select m.id, m.sender, m.subject, 1, mailbox.account from mailbox_message as m
          join mailbox on mailbox.id = m.mailbox_id where m.id in (select value from json_each(?1))`,
    args: [JSON.stringify(ids), keepsDelivered ? 1 : 0],
  });
  return new Map(rows.map((row) => [Number(row.id), {
    id: Number(row.id),
    sender: String(row.sender),
    recipients: String(row.recipients ?? ""),
    subject: String(row.subject),
    stays: Number(row.stays) === 1,
  }]));
}

async function textOf(database: Database, id: number, maxText: number) {
  // Loaded when it is first needed: it is for this thread alone, and only where text is indexed.
  const { createMailTextReader } = await import("../../wire/mail-text.ts");
  const reader = createMailTextReader(maxText);
  let read = 0;
  for (let position = 0; read < LOOKED_AT_OCTETS; position++) {
    const [chunk] = await readChunks(database, id, position, 1);
    if (!chunk) break;
    read += chunk.length;
    const isEnough = reader.push(chunk);
    reclaim(chunk.length);
    if (isEnough) break;
  }
  return { text: reader.finish(), read };
}

/** Delivered messages whose octets were kept and are to go: their time is over, or they are beyond the limit of octets. */
export async function keptMailToDrop(
  { client }: Database,
  args: {
    readonly now: number;
    /** What was done before is too old, whatever was said then. */
    readonly doneBefore: number;
    /** The newest of so many octets may stay; 0: no limit. */
    readonly maxOctets: number;
    readonly limit: number;
  },
): Promise<number[]> {
  const { rows } = await client.execute({
    sql: `select id from (select id, kept_until, done_at, sum(size) over (order by kept_until desc, id desc
              rows unbounded preceding) as total
            from message where kept_until is not null)
          where kept_until <= ?1 or done_at < ?4 or (?2 > 0 and total > ?2) order by kept_until limit ?3`,
    args: [args.now, args.maxOctets, args.limit, args.doneBefore],
  });
  return rows.map((row) => Number(row.id));
}
