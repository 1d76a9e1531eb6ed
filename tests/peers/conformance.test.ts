import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureCertificates } from "../../src/net/certificates.ts";
import { connect } from "../../src/net/listener.ts";
import { TlsAcceptor } from "../../src/net/tls.ts";
import { playOnEngine, type Protection, secure } from "../conformance/smtp-server/engine.ts";
import { play } from "../conformance/smtp-server/play.ts";
import { otherwiseNotes } from "../conformance/smtp-server/postfix-notes.ts";
import { type ConformanceScript, nameOf, type SetUp } from "../conformance/smtp-server/script.ts";
import { isBroken, type Result, withScores } from "../conformance/smtp-server/scores.ts";
import { scripts } from "../conformance/smtp-server/scripts.ts";
import { startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { type Postfix, type PostfixSettings, startPostfix } from "../support/peers/postfix.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { createScene } from "../support/scene.ts";

const PATIENCE_MS = 20_000;
const document = new URL("../../docs/rfc.md", import.meta.url);
const isWriting = process.env["WAYPOST_WRITE_SCORES"] === "1";

/** How Postfix is set up for scripts, its defaults otherwise. */
function settingsOf(sasl: string): Record<SetUp | "nothing", PostfixSettings> {
  const plain = { smtpd_tls_security_level: "none" };
  const auth = { smtpd_sasl_auth_enable: "yes", smtpd_sasl_type: "dovecot", smtpd_sasl_path: sasl };
  return {
    "nothing": plain,
    "small limits": { ...plain, smtpd_recipient_limit: "3", message_size_limit: "1000" },
    "starttls": { smtpd_tls_security_level: "may" },
    "auth": { ...plain, ...auth },
    "scram": { ...plain, ...auth },
    "auth under TLS": { smtpd_tls_security_level: "may", smtpd_tls_auth_only: "yes", ...auth },
    "auth required": {
      ...plain,
      ...auth,
      mynetworks: "",
      smtpd_relay_restrictions: "permit_sasl_authenticated,reject",
    },
  };
}

describe.skipIf(missingPrograms("postfix", "dovecot").length > 0)("the conformance suite beside Postfix", () => {
  const scene = createScene(afterAll);
  let postfix: Postfix;
  let ca: string;
  let protection: Protection;

  beforeAll(async () => {
    const certificate = await scene.certificate();
    ca = certificate.ca;
    const dovecot = await startDovecot({
      folder: scene.folder(),
      certificate,
      password: "correct horse",
      mechanisms: "plain login scram-sha-256",
      plaintext: true,
    });
    scene.atEnd(() => dovecot.stop());
    postfix = await startPostfix({ folder: scene.folder(), certificate, more: settingsOf(dovecot.sasl) });
    scene.atEnd(() => postfix.stop());
    const folder = mkdtempSync(join(tmpdir(), "waypost-conformance-"));
    scene.atEnd(() => rmSync(folder, { recursive: true }));
    const own = await ensureCertificates(folder, ["relay.test"], Date.now());
    protection = { acceptor: new TlsAcceptor(own), ca: readFileSync(own.caPath, "utf8") };
  });

  test("docs/rfc.md has the scores of both, and says what Postfix does otherwise", async () => {
    const own: Result[] = [];
    const other: Result[] = [];
    for (const script of scripts) {
      own.push({ script, differences: (await playOnEngine(script, protection)).differences });
      other.push({ script, differences: await playOnPostfix(script) });
    }
    expect(own.filter(isBroken)).toEqual([]);
    const found = other.filter(isBroken);
    for (const { script, differences } of found) console.log(`Postfix: ${nameOf(script)}: ${differences?.join("; ")}`);
    const current = readFileSync(document, "utf8");
    const wanted = withScores(current, own, other, otherwiseNotes(found));
    if (isWriting) writeFileSync(document, wanted);
    else expect(wanted, "renew it: see docs/testing.md").toBe(current);
  }, 600_000);

  async function keywords(): Promise<string[]> {
    const smtp = await RawSmtp.connect({ port: postfix.ports["nothing"]! });
    const { lines } = await smtp.ask(250, "EHLO client.example");
    await smtp.quit();
    return lines.slice(1).map((line) => line.split(" ")[0] ?? "");
  }

  /** A server that hangs is no reason to learn nothing of the others. */
  async function playOnPostfix({ script, needs, extension }: ConformanceScript): Promise<string[] | null> {
    if (extension && !(await keywords()).includes(extension)) return null;
    const client = await connect("127.0.0.1", postfix.ports[needs ?? "nothing"]!, PATIENCE_MS);
    try {
      return await play(client, script, (plain) => secure(plain, "127.0.0.1", ca));
    } catch (error) {
      return [String(error)];
    } finally {
      client.destroy();
    }
  }
});
