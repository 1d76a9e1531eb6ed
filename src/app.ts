import { randomInt } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import { openDataFolder } from "./control/data-folder.ts";
import { createDirectory, type Directory } from "./identity/directory.ts";
import { readEntries } from "./identity/entries.ts";
import { loadSecretBox, type SecretBox } from "./identity/secrets.ts";
import { describeError } from "./net/errors.ts";
import { createSubmissions } from "./relay/accept.ts";
import { createRefusedClients, type RefusedClients } from "./relay/refused-clients.ts";
import { QueueWorker } from "./relay/worker.ts";
import type { ShownEndpoint } from "./dashboard/ports.ts";
import type { SettingError, Settings } from "./settings.ts";
import type { Submissions } from "./smtp/server/ports.ts";
import { createPoller, type Poller } from "./mailbox/poller.ts";
import { sourcesOf } from "./mailbox/sources.ts";
import { randomUidl } from "./mailbox/uidl.ts";
import { buildLogins, type Logins, takeUpPasswords } from "./app-logins.ts";
import { buildMailboxes, startRetention } from "./app-mailboxes.ts";
import { serveDesk } from "./app-desk.ts";
import { startIndexer } from "./app-index.ts";
import { createSettingsSource, type SettingsFile } from "./app-settings.ts";
import { type Servers, startServers } from "./app-servers.ts";
import { tellOfRoom, tellOfTrouble } from "./app-tell.ts";
import { createIds, firstIdAt, type NextId } from "./store/ids.ts";
import { nodeName } from "./store/node.ts";
import { createRoom, NO_ROOM_WITHIN, type Room, watchRoom } from "./store/room.ts";
import { PhaseRecorder } from "./store/phases.ts";
import { openStore, type Store } from "./store/store.ts";
import { type StoreTrouble, watchWrites } from "./store/trouble.ts";
import { createMaintenance } from "./store/maintenance.ts";
import { type Clock, systemClock, systemSleep } from "./wire/clock.ts";

/** Waypost at work. */
export interface App {
  /** Where it listens in fact. */
  readonly endpoints: readonly ShownEndpoint[];
  /** The certificate that clients have to trust, or null when the settings name one. */
  readonly caPath: string | null;
  /** The one-time code for the first sign-in to the dashboard, or null when somebody has signed in already. */
  readonly setupCode: string | null;
  /** Uses other settings from now on; open sessions go on. Listeners and the store stay as they were started. */
  reload(settings: Settings): Promise<void>;
  /**
   * Reads the settings file anew and uses it; `actor`: who wants it, for the log of changes.
   * @returns what is wrong with it: then the settings stay as they are
   */
  reloadFile(actor: string): Promise<readonly SettingError[]>;
  /** Takes nothing new, ends what is under way, closes the store. */
  stop(): Promise<void>;
}

const log = getLogger(["waypost"]);

/** How long sessions may take to end by themselves when Waypost stops. */
const DRAIN_MS = 10_000;
/** How long another node may take for a message, from its first octet to its commit. */
const SHARED_SPOOL_MS = 24 * 3_600_000;

/**
 * Builds and starts everything: the only place that knows all parts.
 * @param file where the settings come from, to be read anew; absent: from nowhere
 * @throws DataFolderError, DataFolderInUse, StoreError, ConnectionError, CertificateError, SecretError: nothing is left running
 */
export async function startApp(initial: Settings, file?: SettingsFile): Promise<App> {
  const lock = await openDataFolder(initial.dataDir, "serve");
  let store: Store | undefined;
  try {
    store = await openStore({ url: initial.store.url, authToken: initial.store.authToken?.reveal() });
    const app = await startParts(initial, store, file);
    return { ...app, stop: () => app.stop().finally(() => lock.release()) };
  } catch (error) {
    await store?.close();
    await lock.release();
    throw error;
  }
}

async function startParts(initial: Settings, opened: Store, file?: SettingsFile): Promise<App> {
  const ground = await layGround(initial, opened);
  const owner = await nodeName(initial.dataDir);
  const worker = buildWorker(ground, owner);
  const refusedClients = createRefusedClients({ ...ground, warn });
  const poller = buildPoller(ground);
  const stopping = new AbortController();
  const servers = await startServers({
    ...ground,
    submissions: buildSubmissions(ground, worker, refusedClients),
    mailboxes: buildMailboxes({ ...ground, poller, warn }),
    tell: (level, text) => log[level](text),
    signal: stopping.signal,
  });
  ground.whenAdopted(async () => {
    await ground.use(ground.settings());
    await poller.update(sourcesOf(ground.directory()));
  });
  const reload = async (next: Settings): Promise<void> => {
    await ground.use(next);
    await servers.reload();
    worker.settingsChanged();
    await poller.update(sourcesOf(ground.directory()));
  };
  const source = createSettingsSource(initial, file, { ...ground, use: reload });
  const desk = await startOrClose(servers, async () => {
    const served = await serveDesk({
      ...ground,
      phases: ground.recorder,
      settings: initial,
      current: ground.settings,
      source,
      worker,
      poller,
      reload: () => reload(ground.settings()),
      mail: servers.endpoints,
      certificate: servers.certificate,
    });
    await worker.start();
    await poller.update(sourcesOf(ground.directory()));
    return served;
  });
  const upkeep = startUpkeep(ground, owner);

  return {
    endpoints: desk.endpoints,
    caPath: servers.certificate.current().caPath,
    setupCode: desk.setupCode,
    reload,
    reloadFile: source.reload,
    async stop() {
      const upkeepEnd = upkeep.stop();
      await Promise.all([stopServers(servers, stopping), poller.stop(), desk.close()]);
      await Promise.all([worker.stop(), refusedClients.stop(), upkeepEnd]);
      await ground.recorder.flush().catch((error: unknown) => warn("the last telemetry could not be written", error));
      ground.stopWatching();
      await opened.close();
    },
  };
}

/** What goes on beside the mail. */
function startUpkeep(ground: Ground, owner: string): { readonly stop: () => Promise<void> } {
  const maintenance = createMaintenance(ground.store, ground.clock, () => keptPolicy(ground.settings()), warn);
  const retention = startRetention({ ...ground, warn });
  const indexer = startIndexer({ ...ground, owner, warn });
  const watch = watchRoom(ground.room);
  return {
    async stop() {
      maintenance.stop();
      retention.stop();
      watch.stop();
      await indexer.stop();
    },
  };
}

/** Does the rest of the start; when it fails, the ports are closed again. */
async function startOrClose<T>(servers: Servers, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await servers.close();
    throw error;
  }
}

/** What every part stands on. Settings and entries are asked for at each use: they may be reloaded. */
interface Ground extends Logins {
  readonly store: Store;
  readonly storeTrouble: () => StoreTrouble | null;
  readonly stopWatching: () => void;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly recorder: PhaseRecorder;
  readonly room: Room;
  readonly box: SecretBox;
  readonly settings: () => Settings;
  readonly directory: () => Directory;
  readonly hostname: () => string;
  /** Uses other settings, and the entries of the database as they are now. */
  readonly use: (next: Settings) => Promise<void>;
}

async function layGround(initial: Settings, opened: Store): Promise<Ground> {
  let settings = initial;
  const clock = systemClock;
  const { store, trouble, stop } = watchWrites(opened, { clock, changed: tellOfTrouble });
  const nextId = createIds(clock, randomInt(4096), await store.read("newestId", null));
  const box = await loadSecretBox(settings.dataDir, (await store.read("entries", null)).length === 0);
  let directory = await loadDirectory(settings, store, box);
  // Before any session begins: what has no message now was cut off by a crash. In a store that other nodes share it may
  // also be what they are taking in at this moment, so only what is old is removed there.
  const isOwn = settings.store.url.startsWith("file:");
  await store.write("sweepSpool", { before: isOwn ? nextId() : firstIdAt(clock.now() - SHARED_SPOOL_MS) });
  const recorder = new PhaseRecorder(store, phaseSettings(settings), () => clock.now());
  const parts = { settings: () => settings, directory: () => directory, store, box, clock, nextId, recorder };
  const logins = buildLogins(parts);
  await takeUpPasswords(logins.scram, parts);
  return {
    ...logins,
    store,
    storeTrouble: trouble,
    stopWatching: stop,
    clock,
    nextId,
    recorder,
    box,
    room: createRoom({
      folder: settings.dataDir,
      clock,
      changed: tellOfRoom,
      within: () => store.read("roomWithin", null).catch(() => NO_ROOM_WITHIN),
    }),
    settings: () => settings,
    directory: () => directory,
    hostname: () => settings.hostname,
    async use(next) {
      directory = await loadDirectory(next, store, box);
      settings = next;
      await takeUpPasswords(logins.scram, parts);
    },
  };
}

function buildWorker(ground: Ground, owner: string): QueueWorker {
  const policy = () => ground.settings().queue;
  const worker = new QueueWorker({ ...ground, owner, policy, random: Math.random, warn });
  // A session of fetching that has gone well says that the line is up: what waits for it need not wait for its probe.
  ground.recorder.listen((event) => {
    if (event.kind === "ended" && event.record.hop === "pop3-client" && event.record.outcome === "completed") {
      worker.lineSeen();
    }
  });
  return worker;
}

function buildSubmissions(ground: Ground, queue: QueueWorker, refusedClients: RefusedClients): Submissions {
  const { settings, room } = ground;
  return createSubmissions({
    ...ground,
    queue,
    lane: (name) => queue.lane(name),
    warn,
    refusedClients,
    received: () => receivedPolicy(settings().smtp),
    allowWithoutAuth: () => settings().smtp.allowWithoutAuth,
    allowPublicNetworks: () => settings().smtp.allowPublicNetworks,
    hasRoom: (octets) => !room.refuses(octets),
  });
}

function receivedPolicy({ receivedLimit, ownReceivedLimit, receivedClient }: Settings["smtp"]) {
  return { limit: receivedLimit, ownLimit: ownReceivedLimit, showsClient: receivedClient === "shown" };
}

function buildPoller(ground: Ground): Poller {
  return createPoller({ ...ground, newUidl: randomUidl, sleep: systemSleep, random: Math.random, warn });
}

async function loadDirectory(settings: Settings, store: Store, box: SecretBox): Promise<Directory> {
  const { stored, problems } = await readEntries(store, box, settings.smtp);
  for (const problem of problems) log.warn("an entry of the database is left out: {problem}", { problem });
  return createDirectory(settings, stored);
}

function keptPolicy({ queue, telemetry }: Settings) {
  return { ...queue, keepChangesMs: telemetry.keepChangesMs };
}

function phaseSettings({ telemetry }: Settings) {
  return {
    flushIntervalMs: telemetry.flushIntervalMs,
    keepMs: telemetry.keepSessionsMs,
    keepTranscripts: telemetry.keepTranscripts,
  };
}

async function stopServers(servers: Servers, stopping: AbortController): Promise<void> {
  await servers.close();
  stopping.abort();
  const dropAll = setTimeout(() => servers.dropAll(), DRAIN_MS);
  await servers.drained();
  clearTimeout(dropAll);
}

function warn(text: string, error: unknown): void {
  log.warn("{text}: {cause}", { text, cause: describeError(error) });
}
