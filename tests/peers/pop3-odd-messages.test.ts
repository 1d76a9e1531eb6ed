import { Buffer } from "node:buffer";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FaultySource, startFaultySource } from "../support/faulty-source.ts";
import { changesOf } from "../support/octet-changes.ts";
import { oddMessages, oddOctets } from "../support/odd-messages.ts";
import { startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { readers } from "../support/peers/readers.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

/** WAYPOST_WRITE_DOCS=1 writes the table into the document instead of comparing it. */
const document = new URL("../../docs/odd-messages.md", import.meta.url);

const password = "odd-secret";
const messages = [...oddMessages(), ...oddOctets()];
/** Dovecot does not stuff a dot that is the very first octet: after such a message nobody knows where the next begins. */
const breaksDovecot = ({ octets }: { readonly octets: Buffer }) => octets[0] === 46;

describe.skipIf(missingPrograms("dovecot", "python3").length > 0)("odd messages, in and out", () => {
  const scene = createScene(afterAll);
  let source: FaultySource;
  let waypost: Waypost;
  let fromDovecot: string[];

  beforeAll(async () => {
    const certificate = await scene.certificate();
    const dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
    scene.atEnd(() => dovecot.stop());
    dovecot.fill("odd", messages.map((message) => breaksDovecot(message) ? Buffer.from("-\r\n") : message.octets));
    source = await startFaultySource(messages.map(({ octets }, index) => ({ uidl: `odd-${index}`, octets })));
    scene.atEnd(() => source.stop());
    fromDovecot = await readAll(dovecot.port, certificate.ca, "odd");
    const accounts = [
      account("plain", source.port, 'tls = "off"'),
      account("dovecot", dovecot.port, `tls = "starttls"\nca = "${certificate.caPath}"`),
    ];
    waypost = await scene.waypost(scene.folder(), relaySettings({ accounts: accounts.join("\n") }));
    for (const login of ["plain", "dovecot"]) {
      await waitFor(`the mail of ${login}`, async () => {
        const session = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, password);
        const { length } = await session.uidls();
        await session.quit();
        return length === messages.length;
      });
    }
  });

  test("what a source sends is served octet for octet, whoever the source is", async () => {
    // A response ends with CRLF: a last line without an end gets one in the source already.
    const sent = messages.map(({ octets }) => octets.toString("latin1"));
    const carried = sent.map((text) => text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`);
    expectSame(await readAll(waypost.pop3[0]!.port, waypost.ca, "plain"), carried);
    expectSame(await readAll(waypost.pop3[0]!.port, waypost.ca, "dovecot"), fromDovecot);
  });

  test("sizes are those of what is sent", async () => {
    for (const login of ["plain", "dovecot"]) {
      const session = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, password);
      const sizes = (await session.list("LIST")).map((line) => Number(line.split(" ")[1]));
      for (const [index, { name }] of messages.entries()) {
        expect(sizes[index], name).toBe((await session.retrieve(index + 1, false)).size);
      }
      await session.quit();
    }
  });

  test("docs/odd-messages.md says what becomes of each", async () => {
    const folder = path.join(scene.folder(), "mail");
    mkdirSync(folder);
    const plain = await readAll(waypost.pop3[0]!.port, waypost.ca, "plain");
    const reading = { port: waypost.pop3[0]!.port, caPath: waypost.caPath, login: "plain", password, folder };
    const byPoplib = (await readers["poplib"]!(reading)).map((octets) => octets.toString("latin1"));
    const rows = new Set(
      oddOctets().map(({ name, octets }) => {
        const index = messages.findIndex((message) => message.name === name && message.octets.equals(octets));
        const text = octets.toString("latin1");
        const [served, sent, read] = [plain, fromDovecot, byPoplib].map((texts) => {
          return changesOf(text, texts[index]!) ?? "otherwise";
        });
        const became = [served, breaksDovecot({ octets }) ? "its first dot is not stuffed: unreadable" : sent, read];
        return `| ${[name.replace(/octet \d{5}$/, "a border of 16 or 64 KB"), ...became].join(" | ")} |`;
      }),
    );
    const head = ["| message | served by Waypost | sent by Dovecot | read by poplib |", "|---|---|---|---|"];
    const table = [...head, ...rows].join("\n");
    const written = readFileSync(document, "utf8");
    if (process.env.WAYPOST_WRITE_DOCS === "1") {
      writeFileSync(document, written.slice(0, written.indexOf(head[0]!)) + `${table}\n`);
    } else expect(written.slice(written.indexOf(head[0]!)).trimEnd()).toBe(table);
  });
});

function account(login: string, port: number, more: string): string {
  return `
[[account]]
login = "${login}"
password = "${password}"
[account.source]
host = "127.0.0.1"
port = ${port}
username = "odd"
password = "${password}"
interval = "30d"
${more}`;
}

async function readAll(port: number, ca: string, login: string): Promise<string[]> {
  const session = await RawPop3.logIn({ port }, ca, login, password);
  const texts: string[] = [];
  for (let number = 1; number <= messages.length; number++) {
    texts.push((await session.retrieve(number)).octets.toString("latin1"));
  }
  await session.quit();
  return texts;
}

function expectSame(got: readonly string[], wanted: readonly string[]): void {
  expect(got.length).toBe(wanted.length);
  const different = messages.filter((_, index) => got[index] !== wanted[index]).map(({ name }) => name);
  expect(different).toEqual([]);
}
