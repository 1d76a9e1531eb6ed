import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { noRecorder, SessionLog, type SessionRecord } from "../dialogue/session.ts";
import { pipe } from "../net/pipe.ts";
import type { Mailboxes } from "../pop3/server/ports.ts";
import { servePop3 } from "../pop3/server/session.ts";
import type { Source } from "../settings.ts";
import { createIds } from "../store/ids.ts";
import { openStore, type Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import type { FetchPorts } from "./report.ts";
import { Listing } from "./listing.ts";
import { randomUidl } from "./uidl.ts";

/* What the tests of this folder share. */

/** A store in a folder of its own; `remove` closes it and removes the folder. */
export async function temporaryStore(): Promise<{ store: Store; remove: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "waypost-mailbox-"));
  const store = await openStore({ url: pathToFileURL(join(folder, "waypost.db")).href });
  return {
    store,
    async remove() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The ids of the messages that a session would list, in its order. */
export async function listedIds(store: Store, mailboxIds: readonly number[]): Promise<number[]> {
  const listing = new Listing(await store.read("servedMessages", { mailboxIds }));
  return Array.from({ length: listing.length }, (_, index) => listing.idOf(index));
}

/** A source as the settings give it. */
export function sourceOf(changes: Partial<Source> = {}): Source {
  return {
    host: "pop.example.net",
    name: "private",
    tls: "off",
    port: 110,
    ca: undefined,
    verify: true,
    fingerprint: undefined,
    username: "mrose",
    password: new Secret("secret"),
    provider: undefined,
    auth: "best",
    recent: false,
    identifyBy: "uidl",
    mode: "keep",
    deleteAfterMs: 0,
    deleteLargerThan: 0,
    keepNewest: 0,
    onClientDelete: "keep",
    keepRemovedMs: 0,
    maxMessageSize: 0,
    messagesPerDay: 0,
    sizePerDay: 0,
    recipientHeaders: ["Delivered-To", "To", "Cc"],
    intervalMs: 300_000,
    fetchOnLoginMs: Infinity,
    fetchOnLoginWaitMs: 0,
    deliver: [],
    connectTimeoutMs: 10_000,
    commandTimeoutMs: 10_000,
    dataTimeoutMs: 10_000,
    ...changes,
  };
}

/** Ports for fetching from mailboxes that are served in memory; `records` gets every client session. */
export function fetchPorts(store: Store, source: () => Mailboxes): FetchPorts & { readonly records: SessionRecord[] } {
  const records: SessionRecord[] = [];
  return {
    store,
    records,
    clock: systemClock,
    nextId: createIds(systemClock, 0),
    newUidl: randomUidl,
    recorder: { opened: () => undefined, ended: (record) => void records.push(record) },
    connect: () => {
      const [client, server] = pipe();
      const start = { id: 1, hop: "pop3-server", peer: server.peer, localPort: 110 } as const;
      const log = new SessionLog(start, noRecorder, systemClock);
      const policy = { tls: { mode: "off" }, loginWithoutTls: true, tlsTimeoutMs: 1_000 } as const;
      const signal = new AbortController().signal;
      void servePop3({ connection: server, log, mailboxes: source(), policy, signal });
      return Promise.resolve(client);
    },
  };
}
