import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import type { Store } from "../store/store.ts";
import { createRefusedClients, maxRefusedClients } from "./refused-clients.ts";

let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());
beforeEach(() => stored.sql("delete from refused_client"));

function memory(now = () => 1000) {
  let writes = 0;
  const store = {
    write: (...args: Parameters<Store["write"]>) => {
      writes++;
      return stored.store.write(...args);
    },
  } as unknown as Store;
  const warnings: string[] = [];
  const clock = { now } as Parameters<typeof createRefusedClients>[0]["clock"];
  const warn = (text: string) => void warnings.push(text);
  const clients = createRefusedClients({
    store,
    clock,
    settings: () => ({ telemetry: { flushIntervalMs: 60_000 } }),
    warn,
  });
  return { clients, writes: () => writes, warnings };
}

const attempt = (address: string, recipient: string | null = null) => ({
  address,
  helo: "scanner",
  sender: "scanner@local",
  recipient,
});

test("what a client tried is counted, and kept with its newest words", async () => {
  let now = 1000;
  const first = memory(() => now++);
  first.clients.note(attempt("192.168.1.20"));
  first.clients.note(attempt("192.168.1.20", "bob@example.org"));
  first.clients.note({ ...attempt("192.168.1.20"), helo: "h".repeat(5000) });
  await first.clients.stop();
  expect(first.writes()).toBe(1);
  const row = {
    address: "192.168.1.20",
    isPrivate: true,
    helo: "h".repeat(255),
    sender: "scanner@local",
    recipient: "bob@example.org",
    attempts: 2,
    firstAt: 1000,
    lastAt: 1002,
    dismissedAt: null,
  };
  expect(await stored.store.read("refusedClients", null)).toEqual([row]);
  const second = memory(() => 5000);
  second.clients.note(attempt("192.168.1.20"));
  await second.clients.stop();
  expect(await stored.store.read("refusedClients", null)).toEqual([
    { ...row, helo: "scanner", attempts: 3, lastAt: 5000 },
  ]);
});

test("a flood is a few rows in one write, and clients of the LAN outlast strangers", async () => {
  const { clients, writes } = memory();
  clients.note(attempt("192.168.1.20"));
  for (let count = 0; count < 20_000; count++) {
    clients.note(attempt(`203.0.113.${count % 256}`));
    clients.note(attempt(`2001:db8::${(count % 65_536).toString(16)}`));
  }
  await clients.stop();
  expect(writes()).toBe(1);
  const rows = await stored.store.read("refusedClients", null);
  expect(rows.length).toBe(maxRefusedClients);
  expect(rows.map(({ address }) => address)).toContain("192.168.1.20");
});

test("the store keeps no more than the newest, those of the LAN before others", async () => {
  let now = 0;
  for (let part = 0; part < 3; part++) {
    const { clients } = memory(() => now++);
    for (let count = 0; count < 60; count++) clients.note(attempt(`${part === 0 ? "10.0.0" : "203.0.113"}.${count}`));
    for (let count = 0; count < 60; count++) clients.note(attempt(`198.51.100.${part * 60 + count}`));
    await clients.stop();
  }
  const rows = await stored.store.read("refusedClients", null);
  expect(rows.length).toBe(maxRefusedClients);
  expect(rows.filter(({ isPrivate }) => isPrivate).length).toBe(60);
});

test("nothing noted is nothing written; a store that fails is told of", async () => {
  const idle = memory();
  await idle.clients.stop();
  expect(idle.writes()).toBe(0);
  const warnings: string[] = [];
  const store = { write: () => Promise.reject(new Error("full")) } as unknown as Store;
  const clock = { now: () => 1 } as Parameters<typeof createRefusedClients>[0]["clock"];
  const clients = createRefusedClients({
    store,
    clock,
    settings: () => ({ telemetry: { flushIntervalMs: 1 } }),
    warn: (text) => void warnings.push(text),
  });
  clients.note(attempt("192.168.1.20"));
  await clients.stop();
  expect(warnings).toEqual(["clients that were refused could not be noted"]);
});
