import type { Client, InStatement } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDashboard } from "../../src/dashboard/app.ts";
import type { DashboardPorts } from "../../src/dashboard/ports.ts";
import { renewSetupCode } from "../../src/dashboard/setup.ts";
import { type Database, openDatabase } from "../../src/store/database.ts";
import { PhaseRecorder } from "../../src/store/phases.ts";
import { queries } from "../../src/store/queries.ts";
import * as schema from "../../src/store/schema.ts";
import { CASING } from "../../src/store/statements.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { portsOf } from "../browser/dashboard.ts";
import { fillAtScale, type Filled } from "./scale-data.ts";
import { otherPaths, pathsOf } from "./scale-paths.ts";

/** Tables that grow with the mail. */
const LARGE = [
  ...["session", "transcript", "message", "recipient", "delivery", "chunk", "mailbox_message", "ledger", "hidden"],
  ...["phase_minute", "hop_minute", "phase_hour", "hop_hour"],
];
/** Partial indexes that hold few rows beside the table's: they may be read from end to end. */
const SMALL_INDEXES = [
  "recipient_by_turn",
  "recipient_held",
  "recipient_failed",
  "session_unfinished",
  "mailbox_message_kept",
];
/** How much the full-text index lacks is counted by narrow indexes: some milliseconds for each 100,000 messages. */
const COUNTED = /^select \(select count\(\*\) from mail_index_docsize\) as indexed/;
/** The newest of a table, or none of it: a bounded part although the plan says SCAN. */
const BOUNDED = /from "?(\w+)"? (order by [^()]*? desc limit (?:\?|:\w+)|where false)/g;

let folder: string;
let store: Store;
let database: Database;
let explaining: Database;
let filled: Filled;
/** What reads a large table from end to end: the plan and the statement. */
const faults = new Set<string>();
let asked = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waypost-plans-"));
  const file = path.join(folder, "waypost.db");
  const url = pathToFileURL(file).href;
  await (await openStore({ url })).close();
  filled = fillAtScale(file, { sessions: 400, messages: 200, cached: 200, days: 2, telemetryDays: 1 }, Date.now());
  store = await openStore({ url });
  database = await openDatabase({ url });
  explaining = await openDatabase({ url });
});

afterAll(async () => {
  for (const one of [database, explaining]) {
    one.client.close();
    one.statements.close();
  }
  await store.close();
  await rm(folder, { recursive: true });
});

/** A client that looks at the plan of every statement first, on a connection of its own. */
function watch(client: Client): Client {
  const execute = async (statement: InStatement) => {
    const { sql, args } = typeof statement === "string" ? { sql: statement, args: [] } : statement;
    const { rows } = await explaining.client.execute({ sql: `explain query plan ${sql}`, args: args ?? [] });
    for (const row of rows) note(String(row["detail"]), sql);
    asked++;
    return await client.execute(statement);
  };
  return new Proxy(client, {
    get: (target, name) => name === "execute" ? execute : Reflect.get(target, name, target) as unknown,
  });
}

function note(detail: string, sql: string): void {
  const [, table, index] = /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(detail) ?? [];
  if (table === undefined || !LARGE.includes(table)) return;
  if (index !== undefined && SMALL_INDEXES.includes(index)) return;
  const words = sql.replaceAll(/\s+/g, " ");
  if (COUNTED.test(words)) return;
  if ([...words.matchAll(BOUNDED)].some(([, bounded]) => bounded === table)) return;
  faults.add(`${detail}: ${words}`);
}

/** The dashboard's ports, over a store that reads through the watched client. */
function watchedPorts(): DashboardPorts {
  const client = watch(database.client);
  const watched = { ...database, client, db: drizzle(client, { schema, casing: CASING }) };
  const read = (name: keyof typeof queries, args: unknown) => queries[name](watched, args as never);
  const clock = { now: () => Date.now() };
  const settings = { flushIntervalMs: 3_600_000, keepMs: 86_400_000, keepTranscripts: 100 };
  const recorder = new PhaseRecorder(store, settings, clock.now);
  const through = new Proxy(store, {
    get: (target, name) => name === "read" ? read : (Reflect.get(target, name, target) as () => void).bind(target),
  });
  return portsOf(through, recorder, clock, []);
}

test("no page and no route of the API reads a large table from end to end", async () => {
  const ports = watchedPorts();
  const app = createDashboard(ports);
  const headers = { host: "127.0.0.1:8025", origin: "http://127.0.0.1:8025", cookie: "" };
  const ask = async (target: string, init: RequestInit = {}) =>
    await app.request(`http://127.0.0.1:8025${target}`, { ...init, headers });
  const owner = { name: "anna", password: "correct horse", again: "correct horse" };
  const code = await renewSetupCode(ports) ?? "";
  const entered = await ask("/setup", { method: "POST", body: new URLSearchParams({ code, ...owner }) });
  headers.cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const paths = pathsOf(filled);
  for (const target of [...paths, ...otherPaths(app, paths, filled)]) {
    const response = await ask(target);
    await response.arrayBuffer();
    expect([target, response.status < 500]).toEqual([target, true]);
    if (paths.includes(target)) expect([target, [200, 303].includes(response.status)]).toEqual([target, true]);
  }
  expect([...faults]).toEqual([]);
  expect(asked).toBeGreaterThan(paths.length);
});
