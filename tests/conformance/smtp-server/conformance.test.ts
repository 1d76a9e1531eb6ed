import process from "node:process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureCertificates } from "../../../src/net/certificates.ts";
import { connect } from "../../../src/net/listener.ts";
import { TlsAcceptor } from "../../../src/net/tls.ts";
import { playOnEngine, type Protection } from "./engine.ts";
import { play } from "./play.ts";
import { nameOf } from "./script.ts";
import { scripts } from "./scripts.ts";
import { countedIn, rowsOf, scoreText } from "./scores.ts";

let folder: string;
let protection: Protection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-conformance-"));
  const own = await ensureCertificates(folder, ["relay.test"], Date.now());
  protection = { acceptor: new TlsAcceptor(own), ca: readFileSync(own.caPath, "utf8") };
});
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * With WAYPOST_SMTP_PEER=host:port the scripts that hold for every server run against that one: it must take mail from us
 * for example.org.
 */
const [peerHost, peerPort] = (process.env["WAYPOST_SMTP_PEER"] ?? "").split(":");
const chosen = peerPort ? scripts.filter(({ policy, needs }) => !policy && !needs) : scripts;

test.each(chosen.map((script) => [nameOf(script), script] as const))("%s", async (_, script) => {
  if (peerHost && peerPort) {
    const client = await connect(peerHost, Number(peerPort), 10_000);
    expect(await play(client, script.script)).toEqual([]);
    return client.destroy();
  }
  const { differences, record } = await playOnEngine(script, protection);
  expect(differences).toEqual([]);
  expect(["completed", "dropped", "refused"]).toContain(record.outcome);
});

test("no two rules have the same name", () => {
  expect(new Set(scripts.map(nameOf)).size).toBe(scripts.length);
});

test("docs/rfc.md has a row for each section that is tested, and says that all its rules hold", () => {
  const rows = rowsOf(readFileSync(new URL("../../../docs/rfc.md", import.meta.url), "utf8"));
  for (const { rfc, section } of scripts) {
    const row = rows.find((candidate) => candidate.rfc === rfc && candidate.section === section);
    expect(row, `docs/rfc.md has no row | ${rfc} | ${section} |`).toBeDefined();
    const counted = countedIn(scripts, rfc, section);
    expect(row?.waypost, `${rfc} section ${section}: see docs/testing.md`).toBe(scoreText(counted, counted));
  }
});
