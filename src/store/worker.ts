/**
 * The store's threads. The "writer" owns the only connection that writes, and commits what comes in groups; the "reader"
 * answers queries on a connection of its own. Either way the event loop of the engines never waits for the disk.
 */
import { parentPort, workerData } from "node:worker_threads";
import { reclaim, reclaimAll } from "../net/reclaim.ts";
import { type Database, migrateDatabase, openDatabase, pathOf } from "./database.ts";
import { errorOf } from "./errors.ts";
import { writeGroup } from "./group.ts";
import { createGuard, type Guard } from "./guard.ts";
import { operations } from "./operations.ts";
import type { Operation } from "./operation.ts";
import { queries } from "./queries.ts";
import { readChunks, readFirstChunks } from "./queries/spool.ts";
import type { WorkerRequest, WorkerResponse, WorkerStart, WriteCall } from "./exchange.ts";

const port = parentPort!;
const start = workerData as WorkerStart;
const arena = Buffer.from(start.arena);

function post(response: WorkerResponse): void {
  port.postMessage(response);
}

async function run(): Promise<void> {
  const database = await openDatabase(start.location);
  if (start.role === "writer") await migrateDatabase(database);
  const { url } = start.location;
  const guard = createGuard(url.startsWith("file:") ? pathOf(url) : null);
  let busy: Promise<unknown> = Promise.resolve();

  async function write(id: number, calls: readonly WriteCall[]): Promise<void> {
    try {
      guard.beforeWrite();
    } catch (cause) {
      const error = errorOf(cause);
      return post({ results: [...calls.map((call) => ({ id: call.id, error })), { id, result: null }] });
    }
    database.local?.sync(calls.some((call) => !(operations[call.name] as Operation<unknown, unknown>).unpromised));
    const filled = calls.map((call) => call.at === undefined ? call : { ...call, args: withOctets(call) });
    post({ results: [...await writeGroup(database.statements, filled), { id, result: null }] });
  }

  /** Gives how many octets the answer has, where it is made of octets. */
  async function answer(id: number, work: () => Promise<unknown>): Promise<number> {
    try {
      guard.beforeRead();
      const result = await work();
      post({ results: [{ id, result }] });
      return result instanceof Uint8Array ? result.length : 0;
    } catch (error) {
      post({ results: [{ id, error: errorOf(error) }] });
      return 0;
    }
  }

  async function handle(request: WorkerRequest): Promise<void> {
    if ("write" in request) await write(request.id, request.write);
    else if ("read" in request) {
      const { id, name, args } = request.read;
      reclaim(await answer(id, () => queries[name](database, args as never)));
    } else if ("chunks" in request) {
      const { id, spoolId, position, most, at } = request.chunks;
      await answer(id, async () => {
        let end = at;
        for (const octets of await readChunks(database, spoolId, position, most)) {
          arena.set(octets, end);
          end += octets.length;
        }
        reclaim(end - at);
        return end - at;
      });
    } else if ("small" in request) {
      const { id, spoolIds, at } = request.small;
      await answer(id, async () => fill(at, spoolIds, await readFirstChunks(database, spoolIds)));
    } else {
      post({ closed: true, isWritable: close(database, guard) });
    }
  }

  port.on("message", (request: WorkerRequest) => busy = busy.then(() => handle(request)));
  reclaimAll();
  post({ ready: true });
}

/** Closing writes too: where nothing can be written the files stay as they are, as after a crash; gives false. */
function close({ client, statements, local }: Database, guard: Guard): boolean {
  try {
    guard.beforeWrite();
  } catch {
    return false;
  }
  if (start.role === "writer") local?.emptyLog();
  client.close();
  statements.close();
  return true;
}

/** Puts octets one behind the other into the arena; gives their lengths in the order of the ids, null where there are none. */
function fill(at: number, spoolIds: readonly number[], chunks: ReadonlyMap<number, Uint8Array>): (number | null)[] {
  let end = at;
  const lengths = spoolIds.map((spoolId) => {
    const octets = chunks.get(spoolId);
    if (!octets) return null;
    arena.set(octets, end);
    end += octets.length;
    return octets.length;
  });
  reclaim(end - at);
  return lengths;
}

function withOctets(call: WriteCall): unknown {
  return { ...call.args as object, octets: arena.subarray(call.at!, call.at! + call.length!) };
}

run().catch((error) => post({ failed: errorOf(error) }));
