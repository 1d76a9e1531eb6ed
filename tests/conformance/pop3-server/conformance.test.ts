import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import { connect, listen, type Listener } from "../../../src/net/listener.ts";
import { secureClient, TlsAcceptor } from "../../../src/net/tls.ts";
import { memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import type { Mailboxes } from "../../../src/pop3/server/ports.ts";
import { negative } from "../../../src/pop3/reply.ts";
import { servePop3 } from "../../../src/pop3/server/session.ts";
import { deriveScramKeys, systemNonce } from "../../../src/wire/scram.ts";
import { Secret } from "../../../src/wire/secret.ts";
import { capabilitiesOf, play, type Stage } from "./play.ts";
import { type ConformanceScript, TWO } from "./script.ts";
import { scripts } from "./scripts.ts";
import { mailboxOf, openPolicy, recorded, serveOnPipe } from "./support.ts";

const login = "mrose@example.net";
const password = "a  secret with spaces";

let folder: string;
let acceptor: TlsAcceptor;
let ca: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-conformance-"));
  const pair = await ensureCertificates(folder, ["localhost"], Date.now());
  ca = readFileSync(pair.caPath, "utf8");
  acceptor = new TlsAcceptor(pair);
});
const listeners: Listener[] = [];
afterAll(async () => {
  for (const listener of listeners) await listener.close();
  rmSync(folder, { recursive: true });
});

/** A mailbox as the script wants it, on as many connections as it opens. */
async function stageFor({ messages = TWO, needs }: Partial<ConformanceScript>): Promise<Stage> {
  const plain = memoryMailboxes(new Map([[login, { ...mailboxOf(messages), password }]]));
  const mailboxes = needs === "SCRAM-SHA-256" ? withScram(plain) : plain;
  if (needs !== "STLS") {
    return { login, password, connect: () => Promise.resolve(serveOnPipe(mailboxes).client) };
  }
  const policy = { ...openPolicy, tls: { mode: "starttls", acceptor } as const };
  const listener = await listen({ address: "127.0.0.1", port: 0 }, (connection) => {
    const { log } = recorded(connection);
    void servePop3({ connection, log, mailboxes, policy, signal: new AbortController().signal });
  });
  listeners.push(listener);
  return {
    login,
    password,
    connect: () => connect("127.0.0.1", listener.endpoint.port, 10_000),
    secure: (connection) => secureClient(connection, { serverName: "localhost", ca, timeoutMs: 10_000 }),
  };
}

function withScram(mailboxes: Mailboxes): Mailboxes {
  const keys = deriveScramKeys(password, new Uint8Array(16), 4_096);
  return {
    ...mailboxes,
    scram: {
      offered: () => true,
      challenge: async () => ({ keys: await keys, nonce: systemNonce() }),
      settle: ({ proven, ...attempt }) =>
        proven
          ? mailboxes.authenticate({ ...attempt, password: new Secret(password) })
          : Promise.resolve({ reply: negative("login or password is wrong", "AUTH") }),
    },
  };
}

/** What is listed here only with a listener or accounts of a kind. */
const offered = new Set(["STLS", "SCRAM-SHA-256", ...await capabilitiesOf(await stageFor({}))]);
const playable = scripts.filter(({ needs }) => needs === undefined || offered.has(needs));

test.each(playable.map((script) => [`${script.rfc} section ${script.section}: ${script.rule}`, script] as const))(
  "%s",
  async (_, script) => expect(await play(await stageFor(script), script.script)).toEqual([]),
);

test("docs/rfc.md has a row for each section that is tested", () => {
  const table = readFileSync(new URL("../../../docs/rfc.md", import.meta.url), "utf8");
  const missing = [...new Set(scripts.map(({ rfc, section }) => `| ${rfc} | ${section} |`))]
    .filter((row) => !table.includes(row));
  expect(missing).toEqual([]);
});
