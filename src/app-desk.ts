import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createControl } from "./control/control.ts";
import { awaitedOf } from "./dashboard/awaited.ts";
import { startCounters } from "./dashboard/counters.ts";
import type { Configured, DashboardPorts, SettingsSource, ShownEndpoint } from "./dashboard/ports.ts";
import { serveDashboard, type ServedDashboard } from "./dashboard/serve.ts";
import { renewSetupCode } from "./dashboard/setup.ts";
import type { Authenticator } from "./identity/authenticator.ts";
import type { Directory } from "./identity/directory.ts";
import { noteAudit } from "./identity/audit.ts";
import { createEntryChanges } from "./identity/entry-changes.ts";
import type { SecretBox } from "./identity/secrets.ts";
import type { LoginThrottle } from "./identity/throttle.ts";
import { fetchMessage, plansOf, resendMessage } from "./mailbox/owner.ts";
import type { Poller } from "./mailbox/poller.ts";
import { trySource } from "./mailbox/trial.ts";
import { randomUidl } from "./mailbox/uidl.ts";
import type { CertificatePair } from "./net/certificate-issue.ts";
import { formatEndpoint } from "./net/listener.ts";
import { reclaimAll } from "./net/reclaim.ts";
import { createOwnerActions } from "./relay/owner-actions.ts";
import { sendTest, tryUpstream } from "./relay/trial.ts";
import type { QueueWorker } from "./relay/worker.ts";
import { isDashboardSecure, type Settings } from "./settings.ts";
import type { PhaseRecorder } from "./store/phases.ts";
import { formatId, type NextId } from "./store/ids.ts";
import type { Room } from "./store/room.ts";
import type { Store } from "./store/store.ts";
import type { StoreTrouble } from "./store/trouble.ts";
import type { Clock } from "./wire/clock.ts";
import { Secret } from "./wire/secret.ts";

/** What the dashboard is built of. */
export interface DeskParts {
  readonly store: Store;
  readonly phases: PhaseRecorder;
  readonly room: Room;
  readonly storeTrouble: () => StoreTrouble | null;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly settings: Settings;
  readonly directory: () => Directory;
  /** What is counted against those who failed to log in. */
  readonly authenticator: Authenticator;
  readonly throttle: Pick<LoginThrottle, "report" | "lift">;
  readonly worker: QueueWorker;
  readonly poller: Poller;
  readonly source: SettingsSource;
  /** The key of sealed passwords. */
  readonly box: SecretBox;
  /** The settings of this moment: they may have been read anew. */
  readonly current: () => Settings;
  /** Reads the entries of the database anew. */
  readonly reload: () => Promise<void>;
  /** The certificate of the mail servers. */
  readonly certificate: {
    readonly problem: () => string | null;
    /** Gives the one of now, and each that takes its place. */
    readonly onChange: (take: (certificate: CertificatePair) => void) => void;
  };
  /** Where the mail servers listen. */
  readonly mail: readonly ShownEndpoint[];
}

/** The dashboard at work. */
export interface Desk {
  /** Where everything listens, the dashboard too. */
  readonly endpoints: readonly ShownEndpoint[];
  /** The one-time code for the first sign-in, or null when somebody has signed in already. */
  readonly setupCode: string | null;
  close(): Promise<void>;
}

/** This version's number, as package.json says it. */
export const VERSION = String(
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: unknown }).version,
);

/** Builds and serves the dashboard. @throws StoreError, or the system's error when it cannot listen */
export async function serveDesk(parts: DeskParts): Promise<Desk> {
  const { settings, mail } = parts;
  const endpoints: ShownEndpoint[] = [...mail];
  const control = createControl(settings.dataDir, randomBytes);
  const ports = portsOf(parts, endpoints, control.isToken);
  const setupCode = await renewSetupCode(ports);
  const app = loadedOnUse(ports);
  const { served, local } = await listen(app, settings, parts.certificate);
  endpoints.push({
    service: "dashboard",
    address: formatEndpoint(served.endpoint),
    tls: ports.secure ? "implicit" : "off",
  });
  await control.publish({ ...(local ?? served).endpoint, pid: process.pid, startedAt: parts.clock.now(), endpoints });
  return {
    endpoints,
    setupCode,
    async close() {
      await control.withdraw();
      await Promise.all([served.close(), local?.close()]);
    },
  };
}

/** When what loading the pages leaves is collected: behind the first page and what belongs to it. */
const FIRST_PAGE_MS = 5_000;

/**
 * The dashboard, loaded for the first who looks: nobody may do so for weeks, and its pages are half of the program. What
 * it counts is counted from the start.
 */
function loadedOnUse(ports: DashboardPorts): Parameters<typeof serveDashboard>[0] {
  const counters = startCounters(ports);
  const load = async () => {
    const { createDashboard } = await import("./dashboard/app.ts");
    setTimeout(reclaimAll, FIRST_PAGE_MS).unref();
    return createDashboard(ports, counters);
  };
  let loading: ReturnType<typeof load> | undefined;
  return {
    async fetch(request, env) {
      loading ??= load();
      // A file that could not be read now may be there for the next who looks.
      const app = await loading.catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return app.fetch(request, env);
    },
  };
}

/** Where commands on this machine find a dashboard that speaks TLS: in the clear, on loopback, at a port of its own. */
const LOCAL_ENDPOINT = { address: "127.0.0.1", port: 0 } as const;

async function listen(
  app: Parameters<typeof serveDashboard>[0],
  settings: Settings,
  certificate: DeskParts["certificate"],
): Promise<{ readonly served: ServedDashboard; readonly local: ServedDashboard | null }> {
  const { endpoint } = settings.dashboard;
  if (!isDashboardSecure(settings)) return { served: await serveDashboard(app, endpoint), local: null };
  let newest: CertificatePair | null = null;
  const takers: ((certificate: CertificatePair) => void)[] = [];
  certificate.onChange((next) => {
    newest = next;
    for (const take of takers) take(next);
  });
  const served = await serveDashboard(app, endpoint, newest);
  takers.push(served.replace);
  try {
    return { served, local: await serveDashboard(app, LOCAL_ENDPOINT) };
  } catch (error) {
    await served.close();
    throw error;
  }
}

function portsOf(
  parts: DeskParts,
  endpoints: readonly ShownEndpoint[],
  isLocalToken: DashboardPorts["isLocalToken"],
): DashboardPorts {
  const { store, phases, clock, settings, directory, throttle, worker, poller, reload, room } = parts;
  const actions = createOwnerActions({ ...parts, hostname: () => settings.hostname, turns: () => worker.turns });
  return {
    store,
    phases,
    room: () => room.state(),
    storeTrouble: parts.storeTrouble,
    certificateProblem: () => parts.certificate.problem(),
    clock,
    randomBytes,
    hostname: settings.hostname,
    version: VERSION,
    trustedHosts: settings.dashboard.trustedHosts,
    secure: isDashboardSecure(settings),
    endpoints: () => endpoints,
    describe: () => describe(directory()),
    deviceAt: (address) => directory().device(address)?.name ?? null,
    failedLogins: () => throttle.report(clock.now()),
    liftLogin: (suspect) => throttle.lift(suspect),
    keepDeletedMs: () => parts.current().mailbox.keepDeletedMs,
    upstreamStates: () => worker.lanes.map((lane) => lane.state),
    turns: () => worker.turns,
    awaited: () => awaitedOf(worker.lanes.map((lane) => lane.state)),
    fetchNow: async (which, resume) => (await poller.poll(which, resume)).length,
    mail: {
      fetchMessage: async (id) => await fetchMessage(id, parts) !== null,
      foresee: async (which) => await plansOf(await poller.foresee(which), parts),
      resend: (id) => resendMessage(id, { store, newUidl: randomUidl }),
      octets: (id) => store.octets(id),
    },
    isMailIndexed: () => parts.current().search.enabled,
    queueAct: async (request, actor) => {
      // Who only wants another try leaves messages the turn that they have.
      const isRetry = request.action === "retry";
      const results = await worker.withdrawn(isRetry ? [] : request.ids, () => actions(request, actor));
      worker.retryNow();
      return results;
    },
    settings: parts.source,
    directory,
    entries: entryChangesOf(parts),
    ...trialsOf(() => parts.current().hostname),
    audit: (note, actor) => noteAudit(store, note, actor, clock.now()),
    reload,
    isAccountPassword: async ({ login, password, address }) => {
      return (await parts.authenticator.login({ login, password: new Secret(password), address })).ok;
    },
    waitingWrites: () => store.waitingWrites,
    mayScrape: (address) => settings.dashboard.metricsNetworks.contains(address),
    nextId: parts.nextId,
    isLocalToken,
  };
}

function entryChangesOf(parts: DeskParts): DashboardPorts["entries"] {
  return createEntryChanges({
    store: parts.store,
    box: parts.box,
    now: () => parts.clock.now(),
    directory: parts.directory,
    limits: () => parts.current().smtp,
    newName: () => formatId(parts.nextId()),
    changed: parts.reload,
  });
}

function trialsOf(hostname: () => string): Pick<DashboardPorts, "tryUpstream" | "trySource" | "sendTest"> {
  return {
    tryUpstream: (upstream) => tryUpstream(upstream, hostname()),
    trySource: (source) => trySource(source),
    sendTest: (upstream, envelope) => sendTest(upstream, hostname(), envelope),
  };
}

function describe({ upstreams, accounts }: Directory): Configured {
  return {
    upstreams: upstreams.map((upstream) => ({
      name: upstream.name,
      host: upstream.host,
      port: upstream.port,
      provider: upstream.provider,
      maxConnections: upstream.maxConnections,
      messagesPerMinute: upstream.messagesPerMinute,
      messagesPerDay: upstream.messagesPerDay,
      recipientsPerDay: upstream.recipientsPerDay,
    })),
    accounts: accounts.map(({ login, sources }) => ({
      login,
      // No secret of a source goes there.
      sources: sources.map(({ password: _, ...source }) => source),
    })),
  };
}
