/* Scanners of others against a dashboard with mail in it: sqlmap and wapiti find nothing; Prometheus reads the figures. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveDashboard, type ServedDashboard } from "../../src/dashboard/serve.ts";
import { formatId } from "../../src/store/ids.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { LOCAL_TOKEN, openTestDashboard, type TestDashboard } from "./dashboard.ts";

let desk: TestDashboard;
let served: ServedDashboard;
let cookie: string;
let base: string;
let folder: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
  base = `http://127.0.0.1:${served.endpoint.port}`;
  folder = await mkdtemp(path.join(tmpdir(), "waypost-scan-"));
});

afterAll(async () => {
  await served.close();
  await desk.close();
  await rm(folder, { recursive: true });
});

/** Runs a program for at most `seconds`; gives what it printed. */
function run(program: string, args: readonly string[], seconds: number, input = ""): Promise<string> {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, HOME: folder }, stdio: "pipe" });
  let printed = "";
  child.stdout.on("data", (octets: Uint8Array) => printed += String(octets));
  child.stderr.on("data", (octets: Uint8Array) => printed += String(octets));
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1_000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (code === null) reject(new Error(`${program} took longer than ${seconds} s:\n${printed.slice(-2_000)}`));
      else resolve(printed);
    });
  });
}

/** That the scanner was inside all the time: it must not have been sent to the door. */
async function expectStillSignedIn(): Promise<void> {
  const response = await fetch(`${base}/queue`, { headers: { cookie }, redirect: "manual" });
  expect(response.status).toBe(200);
}

const SQLMAP = [
  ...["--batch", "--level", "1", "--risk", "2", "--threads", "4", "--technique", "BEU", "--dbms", "sqlite"],
  ...["--timeout", "5", "--retries", "0", "--disable-coloring", "--flush-session", "--skip-waf"],
  ...["--output-dir", "found", "--ignore-code", "401"],
];

describe.skipIf(missingPrograms("sqlmap").length > 0)("sqlmap", () => {
  const judge = (printed: string) => {
    expect(printed).not.toMatch(/is vulnerable|identified the following injection point|appears to be .*injectable/);
    expect(printed).toContain("all tested parameters do not appear to be injectable");
  };

  test("finds no parameter of a page or of the API by which it could speak to the database", async () => {
    const paths = [
      "/messages?q=minutes&state=waiting&since=2026-01-01&before=39B30MG400",
      "/api/v1/messages?q=minutes&limit=10",
      "/sessions?hop=smtp-server&outcome=completed&phase=transfer&peer=a&from=2026-06-01T14:05:00Z",
      "/queue?sender=anna@example.net&recipient=*&upstream=provider&state=waiting&age=4h&limit=10",
      "/traffic?hop=smtp-server&range=day&peer=192.168.1.7",
      `/messages/${formatId(desk.known.waiting)}?acted=hold&messages=1`,
    ];
    for (const one of paths) judge(await run("sqlmap", ["-u", `${base}${one}`, "--cookie", cookie, ...SQLMAP], 60));
    await expectStillSignedIn();
  }, 200_000);

  test("finds nothing in what is sent as JSON or at the door", async () => {
    const headers = ["--headers", `Authorization: Bearer ${LOCAL_TOKEN}`];
    const body = JSON.stringify({ action: "retry", match: { sender: "anna@example.net", upstream: "provider" } });
    const json = ["-u", `${base}/api/v1/queue/actions`, "--method", "POST", "--data", body, ...headers];
    judge(await run("sqlmap", [...json, ...SQLMAP], 60));
    const form = "name=nobody&password=guess&next=%2F";
    const door = ["-u", `${base}/sign-in`, "--method", "POST", "--data", form, "--headers", `Origin: ${base}`];
    judge(await run("sqlmap", [...door, ...SQLMAP], 60));
  });
});

/** What wapiti says that is meant to be so. */
const MEANT: readonly RegExp[] = [
  // Browsers have dropped what it would switch on; the policy is in its place.
  /X-XSS-Protection is not set/,
  // It is set where the dashboard speaks TLS.
  /Strict-Transport-Security is not set/,
];

describe.skipIf(missingPrograms("wapiti").length > 0)("wapiti", () => {
  test("finds neither injection nor script nor redirect nor file, in any page that it reaches", async () => {
    const modules = "sql,xss,permanentxss,exec,file,crlf,redirect,csp,http_headers,cookieflags";
    const limits = ["--max-scan-time", "35", "--max-attack-time", "10", "-d", "3", "--max-links-per-page", "40"];
    const files = ["-f", "json", "-o", "report.json", "--store-session", "session", "--store-config", "config"];
    const args = ["-u", `${base}/`, "-H", `Cookie: ${cookie}`, "-m", modules, ...limits, ...files, "--no-bugreport"];
    const printed = await run("wapiti", args, 115);
    const report = JSON.parse(await readFile(path.join(folder, "report.json"), "utf8")) as Record<
      "vulnerabilities" | "anomalies",
      Record<string, { method: string; path: string; parameter: string; info: string }[]>
    >;
    const found = [report.vulnerabilities, report.anomalies].flatMap((kinds) =>
      Object.entries(kinds).flatMap(([kind, all]) =>
        all.map((one) => `${kind}: ${one.path} ${one.parameter} ${one.info}`)
      )
    );
    expect(found.filter((one) => !MEANT.some((meant) => meant.test(one)))).toEqual([]);
    expect(Number(/Saving scan state|scanned so far.*?(\d+)|(\d+) pages/i.exec(printed)?.[1] ?? 1)).toBeGreaterThan(0);
    await expectStillSignedIn();
  });
});

/** Debian's, which has Debian's packages. */
const PYTHON = "/usr/bin/python3";
const READ_METRICS = `
import sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    print(family.name, family.type, len(family.samples))
`;

test("prometheus_client reads every figure", async ({ skip }) => {
  const missing = await run(PYTHON, ["-c", "import prometheus_client"], 20).catch((error: Error) => error.message);
  if (missing !== "" && process.env.CI) throw new Error(`scripts/ci-install.sh should have installed it: ${missing}`);
  if (missing !== "") return skip("python3-prometheus-client is not installed");
  const response = await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${LOCAL_TOKEN}` } });
  const read = await run(PYTHON, ["-c", READ_METRICS], 20, await response.text());
  expect(read).toContain("waypost_phase_duration_seconds histogram 228");
  expect(read).toContain("waypost_sessions counter 24");
  expect(read.split("\n").filter((line) => line.includes("unknown"))).toEqual([]);
});
