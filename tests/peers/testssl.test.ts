import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPrograms } from "../support/peers/installed.ts";
import type { Waypost } from "../support/process.ts";
import { createScene } from "../support/scene.ts";

/** What testssl.sh found. */
interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

const PATIENCE_MS = 300_000;
/** What counts, the gravest last; all else ("LOW" and below, and what it could not test) does not. */
const GRAVE = ["MEDIUM", "HIGH", "CRITICAL", "FATAL"];

/**
 * What an own CA cannot have: testssl.sh looks for the authorities of browsers, and for a service that tells which
 * certificates were revoked. Clients trust the own CA instead, and its certificates live for a year. Neither says
 * anything about protocols or ciphers.
 */
const OF_OWN_CA = ["cert_chain_of_trust", "cert_revocation", "cert_trust"];
/**
 * Deno has no order of its own among ciphers, the client's counts. All that it has are of the best kind (AEAD with
 * forward secrecy), so that the choice is between equals.
 */
const OF_DENO = process.versions.deno ? ["cipher_order"] : [];

/** Runs testssl.sh against a port of this machine, without a network; gives all that it found. */
async function examine(folder: string, port: number, checks: readonly string[]): Promise<Finding[]> {
  const file = path.join(folder, `${port}.json`);
  const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--connect-timeout", "20"];
  const args = [...quiet, "--openssl-timeout", "20", "--jsonfile", file, ...checks, `127.0.0.1:${port}`];
  const child = spawn("testssl", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  if (!existsSync(file)) throw new Error(`testssl.sh has no result:\n${said.join("")}`);
  const findings = JSON.parse(readFileSync(file, "utf8")) as Finding[];
  if (findings.length < 5) throw new Error(`testssl.sh has found too little:\n${said.join("")}`);
  return findings;
}

/** What is worse than "low". */
function grave(findings: readonly Finding[]): string[] {
  const known = [...OF_OWN_CA, ...OF_DENO];
  return findings.filter(({ id, severity }) => GRAVE.includes(severity) && !known.some((one) => id.startsWith(one)))
    .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`);
}

const idOf = (findings: readonly Finding[], id: string) => findings.find((one) => one.id === id)?.finding;

describe.skipIf(missingPrograms("testssl", "openssl").length > 0)("testssl.sh on a default listener", () => {
  const scene = createScene(afterAll);
  let folder: string;
  let waypost: Waypost;

  beforeAll(async () => {
    folder = scene.folder();
    const listeners = ["smtp", "pop3"].flatMap((service) =>
      ["starttls", "implicit"].map((tls) => `[[${service}.listen]]\naddress = "127.0.0.1:0"\ntls = "${tls}"\n`)
    );
    waypost = await scene.waypost(folder, `${listeners.join("")}[dashboard]\nlisten = "127.0.0.1:0"\n`);
  });

  /**
   * One listener is examined in all that concerns TLS itself: versions, kinds of ciphers, forward secrecy, order,
   * certificate, known weaknesses. All listeners have the same, so the versions are enough of the others.
   * WAYPOST_TESTSSL=all examines every one in full.
   */
  test("nothing is worse than low: SMTP and POP3, STARTTLS and implicit", async () => {
    const versions = ["-p"];
    const all = ["-p", "-s", "-f", "-P", "-S", "-U"];
    const rest = process.env.WAYPOST_TESTSSL === "all" ? all : versions;
    const results = await Promise.all([
      examine(folder, waypost.smtp[0]!.port, ["-t", "smtp", ...all]),
      examine(folder, waypost.smtp[1]!.port, rest),
      examine(folder, waypost.pop3[0]!.port, ["-t", "pop3", ...rest]),
      examine(folder, waypost.pop3[1]!.port, rest),
    ]);
    expect(results.map(grave)).toEqual([[], [], [], []]);
    for (const findings of results) {
      expect(["TLS1", "TLS1_1", "TLS1_2", "TLS1_3"].map((id) => idOf(findings, id))).toEqual([
        "not offered",
        "not offered",
        "offered",
        expect.stringMatching(/^offered/),
      ]);
    }
    expect(idOf(results[0]!, "FS") ?? idOf(results[0]!, "PFS")).toMatch(/^offered/);
  }, PATIENCE_MS);
});
