import { Buffer } from "node:buffer";
import { fetchSource } from "../../src/mailbox/fetch.ts";
import { readLedger } from "../../src/mailbox/ledger-store.ts";
import type { FetchReport } from "../../src/mailbox/report.ts";
import { fetchPorts, listedIds, sourceOf, temporaryStore } from "../../src/mailbox/support.ts";
import { connect } from "../../src/net/listener.ts";
import type { Source } from "../../src/settings.ts";
import type { Store } from "../../src/store/store.ts";
import { type FaultySource, type ModelMessage, startFaultySource } from "./faulty-source.ts";

/** One mailbox with a source that can be made to fail, and what must be true of the two at any time. */
export interface FetchBench {
  readonly store: Store;
  readonly mailboxId: number;
  readonly source: FaultySource;
  /** Polls the source once, so much later than now. */
  poll(changes?: Partial<Source>, brakeReleased?: boolean, laterMs?: number): Promise<FetchReport>;
  /** The messages that are stored, octet for octet, as Latin-1, in the order of the mailbox. */
  held(): Promise<string[]>;
  /** The ids of those messages. */
  ids(): Promise<number[]>;
  /** The states of the ledger by the names of the messages; "asked" behind the state where the owner asked for it. */
  ledger(): Promise<Record<string, string>>;
  /** What was done that must never be done. */
  readonly crimes: readonly string[];
}

/** Benches on one store; each has a mailbox and a source of its own. */
export interface FetchBenches {
  readonly store: Store;
  open(messages?: ModelMessage[]): Promise<FetchBench>;
  remove(): Promise<void>;
}

/** Opens a store for benches. */
export async function fetchBenches(): Promise<FetchBenches> {
  const { store, remove } = await temporaryStore();
  const sources: FaultySource[] = [];
  const ports = { ...fetchPorts(store, () => ({ authenticate: () => Promise.reject(new Error("unused")) })), connect };
  return {
    store,
    async open(messages = []) {
      const source = await startFaultySource(messages);
      sources.push(source);
      const name = `source ${sources.length}`;
      const mailboxId = await store.write("ensureMailbox", { id: sources.length, account: "alice", source: name });
      const crimes: string[] = [];
      const held = () => textsOf(store, mailboxId);
      // The octets have to be durable when DELE is said: QUIT may be heard although its answer is lost.
      source.onDelete = async ({ uidl, octets }) => {
        if (!(await held()).includes(octets.toString("latin1"))) crimes.push(`DELE of ${uidl}, which is not stored`);
      };
      return {
        store,
        mailboxId,
        source,
        crimes,
        held,
        ids: () => listedIds(store, [mailboxId]),
        async poll(changes = {}, brakeReleased = false, laterMs = 0) {
          const asked = sourceOf({ name, host: "127.0.0.1", port: source.port, ...changes });
          const dele = countOf(source.commands, "DELE");
          const request = { account: "alice", source: asked, mailboxId, brakeReleased };
          const clock = { now: () => Date.now() + laterMs };
          const report = await fetchSource({ ...request, signal: new AbortController().signal }, { ...ports, clock });
          await source.idle();
          if (asked.mode === "keep" && countOf(source.commands, "DELE") > dele) crimes.push("DELE in keep mode");
          return report;
        },
        async ledger() {
          const rows = await readLedger({ store }, mailboxId);
          return Object.fromEntries(
            rows.map(({ uidl, state, isRequested }) => [uidl, isRequested ? `${state}, asked` : state]),
          );
        },
      };
    },
    async remove() {
      for (const source of sources) await source.stop();
      await remove();
    },
  };
}

/** How many commands begin with a verb. */
export function countOf(commands: readonly string[], verb: string): number {
  return commands.filter((command) => command.startsWith(verb)).length;
}

async function textsOf(store: Store, mailboxId: number): Promise<string[]> {
  return await Promise.all((await listedIds(store, [mailboxId])).map(async (id) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of store.octets(id)) pieces.push(piece);
    return Buffer.concat(pieces).toString("latin1");
  }));
}
