import { randomBytes } from "node:crypto";
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDovecot } from "../support/peers/dovecot.ts";
import { startDovecotSubmission } from "../support/peers/dovecot-submission.ts";
import { startExim, unpackExim } from "../support/peers/exim.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { type Postfix, startPostfix } from "../support/peers/postfix.ts";
import type { Waypost } from "../support/process.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { waitFor } from "../support/wait.ts";

const login = { username: "office", password: "upstream-secret" };
const [good, bad, later] = ["good@example.org", "bad@example.org", "later@example.org"];

/** What a client says, what it is told, and how many copies arrive. */
interface Row {
  readonly what: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly subject?: string;
  readonly octets?: number;
  /** What the client is told this of: the first command that is refused, or the end of the message. */
  readonly at: "RCPT" | "DATA" | "the message";
  readonly told: RegExp;
  readonly copies: number;
}

const TABLE: readonly Row[] = [
  { what: "a message is passed on", at: "the message", told: /^250 2\.0\.0 Passed on as \w+: /, copies: 1 },
  { what: "a barred sender is refused", from: "barred@example.net", at: "RCPT", told: /^55[04] /, copies: 0 },
  { what: "a recipient is refused", to: [bad], at: "RCPT", told: /^55[04] /, copies: 0 },
  { what: "a recipient for later waits in the queue", to: [later], at: "the message", told: /Queued as/, copies: 0 },
  {
    what: "a recipient that is taken and one for later go by the queue",
    to: [good, later],
    at: "the message",
    told: /^250 2\.0\.0 Queued as/,
    copies: 1,
  },
  { what: "DATA is refused", from: "silent@example.net", at: "DATA", told: /^55[04] /, copies: 0 },
  { what: "a message that is too large is refused", octets: 30_000, at: "the message", told: /^552 /, copies: 0 },
];

const SPAM: Row = {
  what: "a message is refused for what it says",
  subject: "spam",
  at: "the message",
  told: /^550 .*looks like spam/,
  copies: 0,
};

/** Postfix says to RCPT what it refuses of a sender, Exim to MAIL; our client hears it at RCPT, when the upstream is known. */
const STRICT = {
  smtpd_recipient_restrictions: `check_recipient_access,inline:{${bad}=REJECT,${later}=DEFER}`,
  smtpd_sender_restrictions: "check_sender_access,inline:{barred@example.net=REJECT}",
  smtpd_data_restrictions: "check_sender_access,inline:{silent@example.net=REJECT}",
  message_size_limit: "20000",
};

const scene = createScene(afterAll);

/** Waypost with a listener that passes straight through to one upstream. */
function straightThrough(upstream: NonNullable<Parameters<typeof relaySettings>[0]["upstreams"]>[number]) {
  const more = '[[smtp.listen]]\naddress = "127.0.0.1:0"\ntls = "off"\nmode = "direct"';
  return scene.waypost(
    scene.folder(),
    // What waits for later is not to be tried again meanwhile: Postfix ends sessions with too many refusals.
    relaySettings({ upstreams: [upstream], allowWithoutAuth: ["127.0.0.0/8"], retry: "1h", more }),
  );
}

async function connect({ smtp }: Waypost): Promise<RawSmtp> {
  const client = await RawSmtp.connect(smtp[1]!);
  await client.ask(250, "EHLO client.example");
  return client;
}

/** Sends a message; gives the first refusal, or the last reply, and what it was said of. */
async function send(waypost: Waypost, row: Partial<Row>, message: Buffer): Promise<{ at: string; told: string }> {
  const client = await connect(waypost);
  try {
    const { from = "a@example.net", to = [good] } = row;
    const commands = [`MAIL FROM:<${from}>`, ...to.map((address) => `RCPT TO:<${address}>`), "DATA"];
    for (const command of commands) {
      const { code, text } = await client.say(command);
      if (code >= 400) return { at: command.slice(0, 4), told: `${code} ${text}` };
    }
    await client.client.write(Buffer.concat([stuffed(message), Buffer.from(".\r\n")]));
    const { code, text } = await client.reply();
    return { at: "the message", told: `${code} ${text}` };
  } finally {
    client.client.destroy();
  }
}

function stuffed(message: Buffer): Buffer {
  return Buffer.from(message.toString("latin1").replaceAll(/^\./gm, ".."), "latin1");
}

const idOf = (message: Buffer): string => /^Message-ID: (.*)\r$/m.exec(message.toString("latin1", 0, 1_000))![1]!;

async function check(waypost: Waypost, row: Row, delivered: () => readonly string[]): Promise<void> {
  const message = sampleMessage(row.octets ?? 2_000, row.subject ?? "straight through");
  const { at, told } = await send(waypost, row, message);
  expect([at, told]).toEqual([row.at, expect.stringMatching(row.told)]);
  const id = idOf(message);
  const copies = () => delivered().filter((text) => text.slice(0, 3_000).includes(id)).length;
  if (row.copies > 0) await waitFor("the copy", () => copies() > 0);
  expect(copies()).toBe(row.copies);
}

/** A client that goes away in the middle of its message leaves nothing behind, and the next one gets through. */
async function checkBrokenOff(waypost: Waypost, delivered: () => readonly string[]): Promise<void> {
  const marker = randomBytes(12).toString("hex");
  const client = await connect(waypost);
  await client.ask(250, "MAIL FROM:<a@example.net>");
  await client.ask(250, `RCPT TO:<${good}>`);
  await client.ask(354, "DATA");
  await client.client.write(`Subject: ${marker}\r\n\r\n${`half of a text ${marker}\r\n`.repeat(200)}`);
  client.client.destroy();
  for (let count = 0; count < 2; count++) await check(waypost, TABLE[0]!, delivered);
  expect(delivered().filter((text) => text.includes(marker))).toEqual([]);
}

/** Compares what arrived with what was sent, whatever fields came before it and however the server stores line ends. */
async function checkLarge(waypost: Waypost, delivered: () => readonly string[]): Promise<void> {
  const message = sampleMessage(20_000_000, "a large one");
  expect((await send(waypost, {}, message)).told).toMatch(/^250 2\.0\.0 Passed on as/);
  const id = idOf(message);
  const [arrived] = await waitFor("the message", () => {
    const found = delivered().filter((text) => text.slice(0, 3_000).includes(id));
    return found.length > 0 ? found : null;
  });
  expect(arrived!.replaceAll("\r\n", "\n").endsWith(message.toString("latin1").replaceAll("\r\n", "\n"))).toBe(true);
}

const textsOf = ({ delivered }: Postfix) => delivered().map((octets) => octets.toString("latin1"));

describe.skipIf(missingPrograms("postfix", "dovecot").length > 0)("straight through to Postfix", () => {
  let strict: Waypost;
  let waypost: Waypost;
  let postfix: Postfix;
  let restart: () => Promise<Postfix>;
  let refusing: Postfix;

  beforeAll(async () => {
    const certificate = await scene.certificate();
    const dovecot = await startDovecot({ folder: scene.folder(), certificate, password: login.password });
    scene.atEnd(() => dovecot.stop());
    const folder = scene.folder();
    restart = () => startPostfix({ folder, certificate, sasl: dovecot.sasl, port: postfix?.port });
    postfix = await restart();
    scene.atEnd(() => postfix.stop());
    refusing = await startPostfix({ folder: scene.folder(), more: { strict: STRICT } });
    scene.atEnd(() => refusing.stop());
    const secured = { port: postfix.port, tls: "starttls", ca: certificate.caPath, ...login } as const;
    waypost = await straightThrough(secured);
    strict = await straightThrough({ port: refusing.ports["strict"]! });
  });

  test.each(TABLE)("$what", async (row) => await check(strict, row, () => textsOf(refusing)));

  test("what a client breaks off is not delivered", async () => {
    await checkBrokenOff(strict, () => textsOf(refusing));
  });

  test("20 MB pass with STARTTLS and a login, octet for octet", async () => {
    await checkLarge(waypost, () => textsOf(postfix));
  });

  test("the queue takes what is sent while Postfix is away, and delivers it once", async () => {
    await check(waypost, TABLE[0]!, () => textsOf(postfix));
    await postfix.stop();
    const message = sampleMessage(2_000);
    expect((await send(waypost, {}, message)).told).toMatch(/^250 2\.0\.0 Queued as/);
    postfix = await restart();
    const copies = () => textsOf(postfix).filter((text) => text.includes(idOf(message)));
    await waitFor(() => `the message\n${postfix.log()}`, () => copies().length > 0);
    await check(waypost, TABLE[0]!, () => textsOf(postfix));
    expect(copies()).toHaveLength(1);
  });
});

describe.skipIf(missingPrograms("postfix", "dovecot", "/usr/lib/dovecot/submission").length > 0)(
  "straight through to Dovecot's submission, and Postfix behind it",
  () => {
    let waypost: Waypost;
    let large: Waypost;
    let postfix: Postfix;

    beforeAll(async () => {
      postfix = await startPostfix({ folder: scene.folder(), more: { strict: STRICT } });
      scene.atEnd(() => postfix.stop());
      const before = async (port: number) => {
        const dovecot = await startDovecotSubmission(scene.folder(), login.password, port);
        scene.atEnd(() => dovecot.stop());
        return await straightThrough({ port: dovecot.port, ...login });
      };
      waypost = await before(postfix.ports["strict"]!);
      large = await before(postfix.port);
    });

    // Dovecot reads the message before it says DATA.
    const rows = TABLE.map((row) => row.at === "DATA" ? { ...row, at: "the message" as const } : row);
    test.each(rows)("$what", async (row) => await check(waypost, row, () => textsOf(postfix)));

    test("what a client breaks off is not delivered", async () => {
      await checkBrokenOff(waypost, () => textsOf(postfix));
    });

    test("20 MB pass, octet for octet", async () => await checkLarge(large, () => textsOf(postfix)));
  },
);

const program = missingPrograms("apt-get", "dpkg", "unshare").length > 0 ? null : unpackExim(scene.folder());

describe.skipIf(program === null)("straight through to Exim", () => {
  let waypost: Waypost;
  let large: Waypost;
  let delivered: () => string[];
  let deliveredLarge: () => string[];

  beforeAll(async () => {
    const exim = await startExim(program!, scene.folder());
    scene.atEnd(() => exim.stop());
    const roomy = await startExim(program!, scene.folder(), { sizeLimit: "50M" });
    scene.atEnd(() => roomy.stop());
    ({ delivered } = exim);
    deliveredLarge = roomy.delivered;
    waypost = await straightThrough({ port: exim.port });
    large = await straightThrough({ port: roomy.port });
  });

  test.each([...TABLE, SPAM])("$what", async (row) => await check(waypost, row, delivered));

  test("what a client breaks off is not delivered", async () => await checkBrokenOff(waypost, delivered));

  test("20 MB pass, octet for octet", async () => await checkLarge(large, deliveredLarge));
});
