import process from "node:process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import { connect } from "../../../src/net/listener.ts";
import { TlsAcceptor } from "../../../src/net/tls.ts";
import { serveOnPipe, type SessionOptions } from "../../support/smtp-session.ts";
import { play } from "./play.ts";
import type { ConformanceScript } from "./script.ts";
import { scripts } from "./scripts.ts";

let folder: string;
let acceptor: TlsAcceptor;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-conformance-"));
  acceptor = new TlsAcceptor(await ensureCertificates(folder, ["relay.test"], Date.now()));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The set-up of the server that a script needs. */
function setUp({ needs }: ConformanceScript): SessionOptions {
  if (needs === "small limits") return { policy: { maxRecipients: 3, maxMessages: 3, maxMessageOctets: 1000 } };
  return needs === "starttls" ? { policy: { tls: { mode: "starttls", acceptor } } } : {};
}

/**
 * With WAYPOST_SMTP_PEER=host:port the scripts that hold for every server run against that one: it must take mail from us
 * for example.org.
 */
const [peerHost, peerPort] = (process.env["WAYPOST_SMTP_PEER"] ?? "").split(":");
const chosen = peerPort ? scripts.filter(({ own, needs }) => !own && !needs) : scripts;

async function connectTo(script: ConformanceScript) {
  if (peerHost && peerPort) return { client: await connect(peerHost, Number(peerPort), 10_000), record: null };
  return serveOnPipe(setUp(script));
}

test.each(chosen.map((script) => [`${script.rfc} section ${script.section}: ${script.rule}`, script] as const))(
  "%s",
  async (_, script) => {
    const { client, record } = await connectTo(script);
    expect(await play(client, script.script)).toEqual([]);
    client.destroy();
    if (record) expect(["completed", "dropped", "refused"]).toContain((await record).outcome);
  },
);

test("docs/rfc.md has a row for each section that is tested", () => {
  const table = readFileSync(new URL("../../../docs/rfc.md", import.meta.url), "utf8");
  const missing = [...new Set(scripts.map(({ rfc, section }) => `| ${rfc} | ${section} |`))]
    .filter((row) => !table.includes(row));
  expect(missing).toEqual([]);
});
