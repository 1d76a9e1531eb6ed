import type { Client, InStatement } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../database.ts";
import { openStore } from "../store.ts";
import { CASING } from "../statements.ts";
import * as schema from "../schema.ts";
import { busiestPeers, hopsInBuckets, phasesInBuckets, phasesOfPeer } from "./dashboard-phases.ts";
import { sessionList } from "./dashboard-traffic.ts";

let folder: string;
let database: Database;
/** The database, with a client that notes the plan of every statement. */
let watched: Database;
let plans: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waypost-plans-"));
  const { href: url } = pathToFileURL(path.join(folder, "waypost.db"));
  await (await openStore({ url })).close();
  database = await openDatabase({ url });
  const client = watch(database.client);
  watched = { ...database, client, db: drizzle(client, { schema, casing: CASING }) };
});

afterAll(async () => {
  database.client.close();
  database.statements.close();
  await rm(folder, { recursive: true });
});

function watch(client: Client): Client {
  const execute = async (statement: InStatement) => {
    const { sql, args } = typeof statement === "string" ? { sql: statement, args: [] } : statement;
    const { rows } = await client.execute({ sql: `explain query plan ${sql}`, args: args ?? [] });
    plans.push(...rows.map((row) => String(row["detail"])));
    return await client.execute(statement);
  };
  return new Proxy(client, {
    get: (target, name) => name === "execute" ? execute : Reflect.get(target, name, target) as unknown,
  });
}

/** How the tables are read. */
async function plansOf(read: () => Promise<unknown>): Promise<string[]> {
  plans = [];
  await read();
  return plans.filter((plan) => /^(SEARCH|SCAN) /.test(plan) && !/SCAN (kept|newest|part|\(|value|json)/.test(plan));
}

const minutes = { fromMinute: 1_000, toMinute: 2_440, bucketMinutes: 15 };
const hours = { fromMinute: 6_000, toMinute: 12_000, bucketMinutes: 120 };

test("the traffic of a span reads the span alone, by minutes or by hours", async () => {
  expect(await plansOf(() => phasesInBuckets(watched, { ...minutes, hop: "smtp-server" }))).toEqual([
    expect.stringMatching(/^SEARCH phase_minute .*\(minute>\? AND minute<\?\)/),
  ]);
  expect(await plansOf(() => phasesInBuckets(watched, { ...hours, hop: "smtp-server" }))).toEqual([
    expect.stringMatching(/^SEARCH phase_hour .*\(hour>\? AND hour<\?\)/),
  ]);
  expect(await plansOf(() => hopsInBuckets(watched, hours))).toEqual([expect.stringMatching(/^SEARCH hop_hour /)]);
});

test("the sessions of a peer are found by the index of peers, and the busiest peers by that of hops", async () => {
  const found = await plansOf(() => phasesOfPeer(watched, { ...hours, hop: "smtp-client", peer: "provider" }));
  expect(found).toEqual([
    expect.stringMatching(/^SEARCH session USING INDEX session_by_peer \(hop=\? AND <expr>=\? AND id>\? AND id<\?\)/),
  ]);
  expect(await plansOf(() => busiestPeers(watched, { hop: "smtp-client", fromAt: Date.UTC(2026, 5, 1) }))).toEqual([
    expect.stringMatching(/^SEARCH session USING INDEX session_by_hop \(hop=\? AND id>\?\)/),
  ]);
});

test("the sessions that ended in a phase are found among the few that did not complete", async () => {
  const span = { fromAt: Date.UTC(2026, 5, 1), toAt: Date.UTC(2026, 5, 2) };
  const filter = { hop: "smtp-client", endedIn: "transfer", limit: 10, ...span } as const;
  for (const peer of [undefined, "provider"]) {
    expect(await plansOf(() => sessionList(watched, { ...filter, peer, outcome: "unfinished" }))).toEqual([
      expect.stringMatching(/^SEARCH session USING INDEX session_unfinished \(id>\? AND id<\?\)/),
    ]);
  }
  expect(await plansOf(() => sessionList(watched, { ...filter, peer: "provider" }))).toEqual([
    expect.stringMatching(/^SEARCH session USING INDEX session_by_peer /),
  ]);
});
