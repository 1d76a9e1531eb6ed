import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { findServer, type RunningServer, ServerError } from "../control/control.ts";
import { lockHolder } from "../control/lock.ts";
import type { ShownEndpoint } from "../dashboard/ports.ts";
import { readMailboxes } from "../dashboard/reads-mailboxes.ts";
import { reasonOf } from "../dashboard/overview.ts";
import type { QueueFigures, UpstreamModel } from "../../web/models.ts";
import type { Directory } from "../identity/directory.ts";
import type { Settings } from "../settings.ts";
import { databaseFile, type Store } from "../store/store.ts";
import { RESERVE_OCTETS, roomFor, type RoomWithin } from "../store/room.ts";
import { systemClock } from "../wire/clock.ts";
import type { CommandIo } from "./command.ts";
import { loadDirectory } from "./stores.ts";

/** What `waypost status` shows; also its JSON, with ids and times as the API writes them. */
export interface Status {
  readonly server: {
    /**
     * "unready": it is starting or stopping; "silent": it runs and did not answer, or not all that it was asked, in time:
     * very busy, or stuck.
     */
    readonly state: "running" | "stopped" | "unready" | "silent";
    readonly pid: number | null;
    readonly startedAt: number | null;
    readonly endpoints: readonly ShownEndpoint[];
  };
  readonly upstreams: readonly UpstreamStatus[];
  readonly queue: QueueStatus;
  readonly mailboxes: Awaited<ReturnType<typeof readMailboxes>>;
  readonly disk: DiskStatus;
  /** Why the running server cannot write to its store, in words; null: it can, or none runs. */
  readonly storeTrouble: string | null;
}

/** How an upstream fared. */
export interface UpstreamStatus {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The newest attempt; null when none is remembered. */
  readonly last: { readonly startedAt: number; readonly outcome: string; readonly reply: string } | null;
  readonly deliveredAt: number | null;
  /** What the running server is doing with it, where that is unusual or limited; null: nothing to say. */
  readonly pace:
    | Pick<
      UpstreamModel,
      | "down"
      | "slowedAt"
      | "connections"
      | "maxConnections"
      | "perMinute"
      | "sentInDay"
      | "perDay"
      | "recipientsInDay"
      | "recipientsPerDay"
    >
    | null;
}

/** What waits. */
export interface QueueStatus {
  readonly waitingMessages: number;
  readonly heldMessages: number;
  readonly octets: number;
  readonly oldestAt: number | null;
  readonly reasons: QueueFigures["reasons"];
}

/** How much room there is. */
export interface DiskStatus {
  readonly dataDir: string;
  readonly freeOctets: number | null;
  readonly totalOctets: number | null;
  /** What is kept free: with less than it new mail is refused. */
  readonly reserveOctets: number;
  /** New mail is refused until there is more room. */
  readonly isFull: boolean;
  /** The database with its log; null for a libSQL server. */
  readonly databaseOctets: number | null;
}

/** The server of a data folder, and a way to ask it where there is one. */
export interface FoundServer {
  readonly status: Status["server"];
  readonly running: RunningServer | null;
}

/** Whether a server runs on the settings' data folder, and where it listens. */
export async function serverOf({ dataDir }: Settings): Promise<FoundServer> {
  const not = (state: "stopped" | "unready" | "silent", pid: number | null): FoundServer => ({
    status: { state, pid, startedAt: null, endpoints: [] },
    running: null,
  });
  let running: RunningServer | null;
  try {
    running = await findServer(dataDir);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return not("silent", (await lockHolder(dataDir))?.pid ?? null);
  }
  if (!running) {
    const holder = await lockHolder(dataDir);
    return holder?.command === "serve" ? not("unready", holder.pid) : not("stopped", null);
  }
  const { pid, startedAt, endpoints } = running.record;
  return { status: { state: "running", pid, startedAt, endpoints }, running };
}

/** Reads all that a status shows. @throws StoreError */
export async function readStatus(
  store: Store,
  settings: Settings,
  { status, running }: FoundServer,
  io: CommandIo,
): Promise<Status> {
  const directory = await loadDirectory(store, settings, io);
  const [attempts, size, { reasons }, mailboxes, disk] = await Promise.all([
    store.read("lastAttempts", null),
    store.read("queueSize", null),
    store.read("queueOverview", null),
    readMailboxes({ store, describe: () => directory, clock: systemClock }, true),
    store.read("roomWithin", null).then((within) => readDisk(settings, within)),
  ]);
  const { paces, storeTrouble, isWhole } = await askServer(running);
  const upstreams = upstreamsOf(directory, attempts, paces);
  const awaited = new Map(paces.flatMap(({ name, down }) => down?.isAsked ? [[name, down.untilAt] as const] : []));
  const explained = reasons.map((one) => reasonOf(one, directory, awaited));
  const server = isWhole ? status : { ...status, state: "silent" as const };
  return { server, upstreams, queue: { ...size, reasons: explained }, mailboxes, disk, storeTrouble };
}

function upstreamsOf(
  { upstreams }: Directory,
  attempts: readonly {
    upstream: string;
    startedAt: number;
    outcome: string;
    reply: string;
    deliveredAt: number | null;
  }[],
  paces: readonly UpstreamModel[],
): UpstreamStatus[] {
  return upstreams.map(({ name, host, port }) => {
    const found = attempts.find((attempt) => attempt.upstream === name);
    const last = found ? { startedAt: found.startedAt, outcome: found.outcome, reply: found.reply } : null;
    const pace = paces.find((one) => one.name === name);
    const isUnusual = pace !== undefined &&
      (pace.down !== null || pace.slowedAt !== null || pace.perDay > 0 || pace.recipientsPerDay > 0);
    return { name, host, port, last, deliveredAt: found?.deliveredAt ?? null, pace: isUnusual ? pace : null };
  });
}

interface Asked {
  readonly paces: readonly UpstreamModel[];
  readonly storeTrouble: string | null;
  /** False: it runs, and did not answer. */
  readonly isWhole: boolean;
}

/** What only the running server knows: what it does with its upstreams, and what hinders it from writing. */
async function askServer(running: RunningServer | null): Promise<Asked> {
  if (!running) return { paces: [], storeTrouble: null, isWhole: true };
  try {
    const [upstreams, overview] = await Promise.all([
      running.ask({ method: "GET", path: "/api/v1/upstreams" }),
      running.ask({ method: "GET", path: "/api/v1/overview" }),
    ]) as [{ upstreams?: readonly UpstreamModel[] } | null, { storeTrouble?: string | null } | null];
    return {
      paces: fromApi(upstreams?.upstreams ?? []),
      storeTrouble: overview?.storeTrouble ?? null,
      isWhole: true,
    };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return { paces: [], storeTrouble: null, isWhole: false };
  }
}

/** The API writes times as ISO 8601. */
function fromApi(upstreams: readonly UpstreamModel[]): UpstreamModel[] {
  const timeOf = (at: unknown) => typeof at === "string" ? Date.parse(at) : Number(at);
  return upstreams.map((one) => ({
    ...one,
    slowedAt: one.slowedAt === null ? null : timeOf(one.slowedAt),
    down: one.down && { ...one.down, untilAt: timeOf(one.down.untilAt) },
  }));
}

/** The room in the data folder, and what the database takes. `within`: the room there. */
export async function readDisk({ dataDir, store }: Settings, within: RoomWithin): Promise<DiskStatus> {
  const file = databaseFile(store.url);
  const room = existsSync(dataDir) ? await statfs(dataDir) : null;
  const freeOctets = room ? room.bavail * room.bsize : null;
  return {
    dataDir,
    freeOctets,
    isFull: freeOctets !== null && roomFor(freeOctets, within) <= 0,
    totalOctets: room ? room.blocks * room.bsize : null,
    reserveOctets: RESERVE_OCTETS,
    databaseOctets: file === null
      ? null
      : [file, `${file}-wal`].reduce((sum, one) => sum + (statSync(one, { throwIfNoEntry: false })?.size ?? 0), 0),
  };
}
