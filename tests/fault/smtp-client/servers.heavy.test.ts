import process from "node:process";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../../src/wire/secret.ts";
import { createRelayScene } from "../../support/relay-scene.ts";
import { startDovecotSubmission } from "../../support/peers/dovecot-submission.ts";
import { startExim, unpackExim } from "../../support/peers/exim.ts";
import { missingPrograms } from "../../support/peers/installed.ts";
import { startPostfix } from "../../support/peers/postfix.ts";
import { startSink } from "../../support/peers/sink.ts";
import { waitFor } from "../../support/wait.ts";

/** A message, what becomes of each recipient at the first attempt, and how many copies the server keeps. */
interface Row {
  readonly what: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly subject?: string;
  readonly octets?: number;
  readonly states: string;
  readonly outcome: string;
  readonly copies: number;
}

const [good, bad, later] = ["good@example.org", "bad@example.org", "later@example.org"];

/** Both refuse bad@ for good and later@ for now, barred@ as sender, and more than 20 KB. */
const TABLE: readonly Row[] = [
  { what: "a message", states: "delivered", outcome: "delivered", copies: 1 },
  {
    what: "recipients of each kind",
    to: [good, bad, later],
    states: "delivered bounced waiting",
    outcome: "mixed",
    copies: 1,
  },
  { what: "no recipient that is taken", to: [bad, later], states: "bounced waiting", outcome: "mixed", copies: 0 },
  { what: "a recipient for later", to: [later], states: "waiting", outcome: "deferred", copies: 0 },
  { what: "a barred sender", from: "barred@example.net", states: "bounced", outcome: "refused", copies: 0 },
  { what: "a message that is too large", octets: 30_000, states: "bounced", outcome: "refused", copies: 0 },
];

/** Exim looks into the message too. */
const SPAM: Row = {
  what: "a message refused after it was sent",
  subject: "spam",
  states: "bounced",
  outcome: "refused",
  copies: 0,
};

const policy = () => ({
  retry: { firstMs: 3_600_000, factor: 1, maxMs: 3_600_000, jitter: 0 },
  lifetimeMs: 36_000_000,
  hotMemory: 1_000_000,
});

const { relay, historyOf, stored } = createRelayScene();
const folders: string[] = [];
const ends: (() => Promise<void>)[] = [];

function folder(): string {
  const made = mkdtempSync(path.join(os.tmpdir(), "waypost-servers-"));
  folders.push(made);
  return made;
}

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

let count = 0;

/** Sends a row's message; gives what became of it at the first attempt, and its Message-ID. */
async function attempt(upstream: Record<string, unknown>, { from = "a@example.net", to = [good], ...row }: Row) {
  // Real servers look up names, and take their time.
  const patient = { commandTimeoutMs: 30_000, connectTimeoutMs: 30_000, finalReplyTimeoutMs: 30_000 };
  const { take } = await relay({ upstreams: [{ ...patient, ...upstream }] }, { policy });
  const messageId = `${++count}.${process.pid}@example.net`;
  const head = `Message-ID: <${messageId}>\r\nSubject: ${row.subject ?? "hello"}\r\n\r\n`;
  const id = Number(await take({ from, to, text: `${head}${"x".repeat(76)}\r\n`.padEnd(row.octets ?? 0, "text\r\n") }));
  await waitFor("the first attempt", async () => (await historyOf(id)).deliveries.length > 0);
  const found = await historyOf(id);
  const states = found.recipients.map(({ state }) => state).join(" ");
  return { states, outcome: found.deliveries[0]!.outcome, messageId, id };
}

async function check(port: number, row: Row, delivered: () => readonly string[]): Promise<void> {
  const { states, outcome, messageId } = await attempt({ port }, row);
  expect([states, outcome]).toEqual([row.states, row.outcome]);
  const copies = () =>
    delivered().filter((text) => text.split(/\r?\n\r?\n/, 1)[0]!.includes(`Message-ID: <${messageId}>`)).length;
  if (row.copies > 0) await waitFor("the copy", () => copies() >= row.copies);
  expect(copies()).toBe(row.copies);
}

describe.skipIf(missingPrograms("postfix").length > 0)("Postfix as upstream", () => {
  let port: number;
  let delivered: () => string[];
  beforeAll(async () => {
    const postfix = await startPostfix({
      folder: folder(),
      more: {
        strict: {
          smtpd_recipient_restrictions: `check_recipient_access,inline:{${bad}=REJECT,${later}=DEFER}`,
          smtpd_sender_restrictions: "check_sender_access,inline:{barred@example.net=REJECT}",
          message_size_limit: "20000",
        },
      },
    });
    ends.push(() => postfix.stop());
    port = postfix.ports["strict"]!;
    delivered = () => postfix.delivered().map((octets) => octets.toString("latin1"));
  });
  test.each(TABLE)("$what: $states", async (row) => await check(port, row, delivered));
});

const program = missingPrograms("apt-get", "dpkg", "unshare").length > 0 ? null : unpackExim(folder());

describe.skipIf(program === null)("Exim as upstream", () => {
  let port: number;
  let delivered: () => string[];
  beforeAll(async () => {
    const exim = await startExim(program!, folder());
    ends.push(() => exim.stop());
    ({ port, delivered } = exim);
  });
  test.each([...TABLE, SPAM])("$what: $states", async (row) => await check(port, row, delivered));
});

describe.skipIf(missingPrograms("dovecot", "smtp-sink", "/usr/lib/dovecot/submission").length > 0)(
  "Dovecot's submission as upstream",
  () => {
    // What the server behind Dovecot does is what its client is told.
    test.each([
      ["", "delivered", "delivered", 1],
      ["-f mail", "bounced", "refused", 0],
      ["-f rcpt", "bounced", "refused", 0],
      ["-f .", "bounced", "refused", 0],
      ["-r mail", "waiting", "deferred", 0],
      ["-r rcpt", "waiting", "deferred", 0],
      ["-r .", "waiting", "deferred", 0],
      ["-q rcpt", "waiting", "deferred", 0],
      ["-f connect", "waiting", "deferred", 0],
    ])("before smtp-sink %s: %s", async (faults, state, wanted, copies) => {
      const taken = path.join(folder(), "sink");
      const sink = await startSink(taken, faults.split(" ").filter((word) => word !== ""));
      const dovecot = await startDovecotSubmission(folder(), "secret", sink.port);
      try {
        const upstream = {
          port: dovecot.port,
          username: "office",
          password: new Secret("secret"),
          commandTimeoutMs: 20_000,
        };
        const { states, outcome, messageId } = await attempt(upstream, {
          what: "",
          states: state,
          outcome: wanted,
          copies,
        });
        expect([states, outcome]).toEqual([state, wanted]);
        if (copies > 0) expect(sink.taken()).toEqual([messageId]);
      } finally {
        await dovecot.stop();
        await sink.stop();
        await stored().sql("delete from recipient");
      }
    });
  },
);
