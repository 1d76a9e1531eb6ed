/** Fills a database of Waypost's schema with much of everything, for measuring: by statements that each make many rows. */
import Libsql from "libsql";
import { type Hop, HOPS, phasesOf } from "../../src/dialogue/phases.ts";
import { formatId } from "../../src/store/ids.ts";

/** How much of everything. */
export interface Scale {
  readonly sessions: number;
  /** Messages of the queue: half of them done, the rest waiting, each hundredth held. */
  readonly messages: number;
  /** Messages of the mailboxes, a half of them in one. */
  readonly cached: number;
  /** Days over which sessions and messages are spread. */
  readonly days: number;
  /** Days of minutes and hours. */
  readonly telemetryDays: number;
}

/** What issue and documents speak of. */
export const FULL_SCALE: Scale = {
  sessions: 1_000_000,
  messages: 200_000,
  cached: 200_000,
  days: 30,
  telemetryDays: 90,
};

/** Names of what was made, as pages and API take them. */
export interface Filled {
  readonly newestSession: string;
  readonly middleSession: string;
  readonly oldestSession: string;
  readonly failedSession: string;
  readonly waitingMessage: string;
  readonly deliveredMessage: string;
  readonly middleMessage: string;
  readonly cachedMessage: string;
  readonly middleCached: string;
  readonly largeMailbox: string;
  readonly smallMailbox: string;
}

export const UPSTREAM = "provider";
const UPSTREAMS = [UPSTREAM, "backup", "office", "university", "club"];
export const MAILBOXES = 20;
const CLIENTS = 200;
/** Each so-manieth session does not complete. */
const FAILED_EACH = 33;
/** Newest completed sessions with their transcripts. */
const TRANSCRIPTS = 2_000;
/** Newest messages with their octets. */
const WITH_OCTETS = 2_000;
const EPOCH = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const PER_MS = 4096;

const NUMBERS = "with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?)";
/** Ids and times of row i of a table: [count] rows spread evenly up to now. */
const AT = "cast(? + i * ? as integer)";

/**
 * Fills the database file, which has the schema and is in nobody's use.
 * @param now up to when; later ids are free
 */
export function fillAtScale(path: string, scale: Scale, now: number): Filled {
  const db = new Libsql(path);
  db.exec("pragma journal_mode = wal");
  db.exec("pragma synchronous = off");
  db.exec("begin");
  try {
    fillSessions(db, scale, now);
    fillMessages(db, scale, now);
    fillMailboxes(db, scale, now);
    fillIndex(db);
    fillTelemetry(db, scale, now);
    db.exec("commit");
    db.exec("pragma wal_checkpoint(truncate)");
  } finally {
    db.close();
  }
  return filledOf(path, scale);
}

/** The arguments of AT, less a little so that nothing is of the future. */
function spread(count: number, { days }: Scale, now: number): [from: number, step: number] {
  const spanMs = days * DAY_MS;
  return [now - spanMs, Math.floor((spanMs - 10_000) / count)];
}

/** Sessions, messages and mailbox messages each have their own part of a millisecond. */
const PART = { session: 0, message: 1_000, delivery: 2_000, cached: 3_000 };

function idOf(at: string, what: keyof typeof PART): string {
  return `(${at} - ${EPOCH}) * ${PER_MS} + ${PART[what]} + i % 7`;
}

function caseOf<T extends string>(expression: string, values: readonly T[]): string {
  return `case ${expression} % ${values.length} ${
    values.map((value, index) => `when ${index} then '${value}'`).join(" ")
  } end`;
}

function phasesJson(hop: Hop): string {
  const parts = phasesOf(hop).map((phase, index) =>
    `'{"phase":"${phase}","startedAt":' || (at + ${index} * 20) || ',"durationMs":' || (i % ${37 + index * 211})
     || ',"octetsIn":' || (i % 900) || ',"octetsOut":' || (i % 4000) || ',"commands":3,"refusals":' || (i % ${FAILED_EACH} = 0) || '}'`
  );
  return `'[' || ${parts.join(" || ',' || ")} || ']'`;
}

function fillSessions(db: Libsql.Database, scale: Scale, now: number): void {
  const perHop = (each: (hop: Hop, index: number) => string) =>
    `case i % 4 ${HOPS.map((hop, index) => `when ${index} then ${each(hop, index)}`).join(" ")} end`;
  const [from, step] = spread(scale.sessions, scale, now);
  db.prepare(
    `${NUMBERS}, r as (select i, ${AT} as at from n)
     insert into session (id, hop, started_at, duration_ms, peer_address, peer_port, local_port, peer_name, account, tls,
       ended_in, outcome, cause, messages, octets_in, octets_out, phases)
     select ${idOf("at", "session")}, ${caseOf("i", HOPS)}, at, i % 900,
       '192.168.' || (i / 4 % 4) || '.' || (i / 4 % ${CLIENTS / 4}), 1024 + i % 60000, 2525,
       ${perHop((hop) => hop.endsWith("client") ? caseOf("(i / 4)", UPSTREAMS) : "'client-' || (i / 4 % 90)")},
       'user' || (i / 4 % 40) || '@example.net', 'TLSv1.3 TLS_AES_256_GCM_SHA384',
       ${
      perHop((hop) =>
        `case when i % ${FAILED_EACH} = 0 then ${caseOf("(i / 132)", phasesOf(hop))} else '${phasesOf(hop)[2]}' end`
      )
    },
       case when i % ${FAILED_EACH} = 0 then ${
      caseOf("(i / 99)", ["dropped", "timeout", "refused", "failed"])
    } else 'completed' end,
       case when i % ${FAILED_EACH} = 0 then 'the other side went away' end,
       1, i % 2700, i % 12000, ${perHop(phasesJson)}
     from r`,
  ).run(scale.sessions, from, step);
  db.prepare(
    `insert into transcript select id, ?, 0, outcome <> 'completed' from session
     where outcome <> 'completed' or id >= (select id from session order by id desc limit 1 offset ?)`,
  ).run(JSON.stringify(transcript()), Math.min(TRANSCRIPTS, scale.sessions - 1));
}

function transcript(): [number, string, string][] {
  return Array.from({ length: 24 }, (_, index) => [
    index * 11,
    index % 2 === 0 ? "client" : "server",
    index % 2 === 0 ? `RCPT TO:<person${index}@example.org>` : "250 2.1.5 That is fine, go on",
  ]);
}

function fillMessages(db: Libsql.Database, scale: Scale, now: number): void {
  const [from, step] = spread(scale.messages, scale, now);
  const half = Math.floor(scale.messages / 2);
  db.prepare(
    `${NUMBERS}, r as (select i, ${AT} as at from n)
     insert into message (id, origin, sender, size, body, message_id, subject, received_at, session_id, account,
       client_address, done_at)
     select ${
      idOf("at", "message")
    }, case i % 50 when 7 then 'bounce' else 'relay' end, 'user' || (i % 40) || '@example.net',
       2000 + i % 70000, '8bitmime', i || '@laptop.example', 'Minutes of meeting ' || i || ' of the ' || (i % 31) || 'th',
       at, null, 'user' || (i % 40) || '@example.net', '192.168.0.' || (i % ${CLIENTS / 4}),
       case when i < ${half} then at + 2000 end
     from r`,
  ).run(scale.messages, from, step);
  db.prepare(
    `${NUMBERS}, r as (select i, ${AT} as at from n)
     insert into recipient (message_id, position, address, state, attempts, next_attempt_at, upstream, last_reply, changed_at)
     select ${idOf("at", "message")}, p.position, 'person' || (i % 977) || '@example.org',
       case when i < ${half} then case i % 40 when 3 then 'bounced' else 'delivered' end
            when i % 100 = 5 then 'held' else 'waiting' end,
       1 + i % 5, case when i < ${half} then at else ? + i % 3600000 end, ${caseOf("i", UPSTREAMS)},
       case when i < ${half} then '250 2.0.0 taken' else '451 4.3.0 come back later' end, at + 1000
     from r, (select 0 as position union all select 1) as p where p.position = 0 or i % 5 = 0`,
  ).run(scale.messages, from, step, now);
  db.prepare(
    `${NUMBERS}, r as (select i, ${AT} as at from n)
     insert into delivery (id, message_id, session_id, upstream, started_at, duration_ms, outcome, reply, recipients)
     select ${idOf("at", "delivery")} + t.attempt * 10, ${idOf("at", "message")}, null, ${
      caseOf("i", UPSTREAMS)
    }, at + t.attempt * 1000, i % 800,
       case when t.attempt = 1 then 'deferred' when i < ${half} then 'delivered' else 'deferred' end,
       case when t.attempt = 1 or i >= ${half} then '451 4.3.0 come back later' else '250 2.0.0 taken' end, '[]'
     from r, (select 0 as attempt union all select 1) as t where t.attempt = 0 or i % 4 = 0`,
  ).run(scale.messages, from, step);
  fillChunks(db, "message");
}

function fillChunks(db: Libsql.Database, table: "message" | "mailbox_message"): void {
  db.prepare(
    `insert into chunk (spool_id, position, octets) select id, 0, cast(? as blob)
     from (select id from ${table} order by id desc limit ${WITH_OCTETS})`,
  ).run("Subject: of a measurement\r\n\r\n".padEnd(1998, "x") + "\r\n");
}

function fillMailboxes(db: Libsql.Database, scale: Scale, now: number): void {
  const [from, step] = spread(scale.cached, scale, now);
  db.prepare(
    `${NUMBERS} insert into mailbox (id, account, source, last_fetch_at, last_outcome, next_fetch_at)
     select i + 1, 'user' || i || '@example.net', 'home', ?, 'ok', ? from n`,
  ).run(MAILBOXES, now - 60_000, now + 240_000);
  db.prepare(
    `${NUMBERS}, r as (select i, ${AT} as at from n)
     insert into mailbox_message (id, mailbox_id, uidl, size, message_id, sender, subject, fetched_at, session_id,
       deleted_at, deleted_by, read_by_session_id, keep_until)
     select ${idOf("at", "cached")}, case when i % 2 = 0 then 1 else 2 + i / 2 % ${
      MAILBOXES - 1
    } end, 'u' || i, 1000 + i % 90000,
       i || '@sender.example', 'writer' || (i % 500) || '@example.com', 'Letter ' || i || ' about ' || (i % 71), at, null,
       case i % 20 when 3 then at + 500 end, case i % 20 when 3 then 'client' end, case when i % 3 = 0 then 1 end,
       case when i % 400 = 3 then ? end
     from r`,
  ).run(scale.cached, from, step, now + DAY_MS);
  db.exec(
    `insert into ledger (mailbox_id, uidl, state, mailbox_message_id, size, stored_at, changed_at)
     select mailbox_id, 's' || uidl, case when keep_until is not null then 'delete-confirmed' else 'stored' end, id, size,
       fetched_at, fetched_at from mailbox_message`,
  );
  fillChunks(db, "mailbox_message");
}

/** What people search for: a few words that all have, some that few have. */
function fillIndex(db: Libsql.Database): void {
  const body =
    `'all that is said here about word' || (rowid_ % 7) || ' and word' || (rowid_ % 911) || ' with code' || rowid_`;
  db.exec(
    `insert into mail_index (rowid, sender, recipients, subject, names, body)
     select rowid_, sender, recipients, subject, '', ${body} from (
       select id as rowid_, sender, subject,
         (select group_concat(address, ' ') from recipient where message_id = message.id) as recipients from message
       union all
       select m.id, m.sender, m.subject, mailbox.account from mailbox_message as m join mailbox on mailbox.id = m.mailbox_id)`,
  );
}

const HISTOGRAM = JSON.stringify([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2]);

function fillTelemetry(db: Libsql.Database, { telemetryDays }: Scale, now: number): void {
  const phases = HOPS.flatMap((hop) => phasesOf(hop).map((phase) => `select '${hop}' as hop, '${phase}' as phase`));
  for (const [unit, ms] of [["minute", 60_000], ["hour", 3_600_000]] as const) {
    const count = telemetryDays * DAY_MS / ms;
    const last = Math.floor(now / ms);
    db.prepare(
      `${NUMBERS} insert into phase_${unit} select ? - i, hop, phase, 60, 2, 180, 3, 9000, 70000, 4000, ?
       from n, (${phases.join(" union all ")}) as p`,
    ).run(count, last, HISTOGRAM);
    db.prepare(
      `${NUMBERS} insert into hop_${unit} select ? - i, hop, 60, 58, 50 + i % 40, 27000, 210000, 0
       from n, (${HOPS.map((hop) => `select '${hop}' as hop`).join(" union all ")}) as h`,
    ).run(count, last);
  }
}

/** Names of what such a database has. */
export function filledOf(path: string, scale: Scale): Filled {
  const db = new Libsql(path);
  const idBy = (sql: string) => formatId(Number((db.prepare(sql).get([]) as { id: number }).id));
  const middle = (table: string, count: number) =>
    idBy(`select id from ${table} order by id limit 1 offset ${Math.floor(count / 2)}`);
  try {
    return {
      newestSession: idBy("select max(id) as id from session"),
      middleSession: middle("session", scale.sessions),
      oldestSession: idBy("select min(id) as id from session"),
      failedSession: idBy("select max(id) as id from session where outcome <> 'completed'"),
      waitingMessage: idBy("select max(message_id) as id from recipient where state = 'waiting'"),
      deliveredMessage: idBy("select max(id) as id from message where done_at is not null"),
      middleMessage: middle("message", scale.messages),
      cachedMessage: idBy("select max(id) as id from mailbox_message"),
      middleCached: middle("mailbox_message", scale.cached),
      largeMailbox: formatId(1),
      smallMailbox: formatId(2),
    };
  } finally {
    db.close();
  }
}
