import { describeError } from "../net/errors.ts";
import { negative } from "../pop3/reply.ts";
import type { Source } from "../settings.ts";
import type { FetchState } from "../store/operations/mailbox.ts";
import type { Sleep } from "../wire/clock.ts";
import { type FetchPorts, type FetchReport, type FetchRequest, fetchSource } from "./fetch.ts";
import { dueAtStart, stateAfter } from "./schedule.ts";

/** A source with the account that reads it. */
export interface AccountSource {
  readonly account: string;
  readonly source: Source;
}

/** What polling needs. */
export interface PollerPorts extends FetchPorts {
  readonly sleep: Sleep;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** How a source is polled once; absent: over POP3. */
  readonly fetch?: ((request: FetchRequest, ports: FetchPorts) => Promise<FetchReport>) | undefined;
  /** Told when the poller itself cannot go on with something: a store that fails. */
  readonly warn: (text: string, error: unknown) => void;
}

/** Which sources a command means: all, those of an account, or one of them. */
export interface SourceSelection {
  readonly account?: string | undefined;
  readonly source?: string | undefined;
}

/** A poll that was asked for. */
export interface PollResult {
  readonly account: string;
  readonly source: string;
  readonly report: FetchReport;
}

/** Polls sources: each by its interval, and at once by command. One poll of a source at a time. */
export interface Poller {
  /** Polls these sources from now on, and no others. A source whose settings have changed is polled at once. */
  update(sources: readonly AccountSource[]): Promise<void>;
  /**
   * Polls at once; a poll that is under way is awaited instead, unless the brake is to be released.
   * @param brakeReleased the owner has seen why a source was paused and lets it go on
   */
  poll(which: SourceSelection, brakeReleased?: boolean): Promise<PollResult[]>;
  /** Breaks off what is under way and ends. */
  stop(): Promise<void>;
}

/** Polls that run at once. */
const POLLS_AT_ONCE = 4;

/** Makes a poller; it begins with the first `update`. */
export function createPoller(ports: PollerPorts): Poller {
  const entries = new Map<string, Entry>();
  const gate = new Gate(POLLS_AT_ONCE);
  let updating: Promise<void> = Promise.resolve();
  /** Ends the polls of what is no longer wanted, and waits for it: a source is never polled twice at a time. */
  const drop = async (unwanted: (key: string, entry: Entry) => boolean): Promise<Set<string>> => {
    const dropped = [...entries].filter(([key, entry]) => unwanted(key, entry));
    for (const [key] of dropped) entries.delete(key);
    await Promise.all(dropped.map(([, entry]) => entry.stop()));
    return new Set(dropped.map(([key]) => key));
  };
  const update = async (sources: readonly AccountSource[]): Promise<void> => {
    const wanted = new Map(sources.map((one) => [keyOf(one), one]));
    const changed = await drop((key, entry) => !isSame(entry.of, wanted.get(key)));
    const known = new Map((await ports.store.read("mailboxes", null)).map((row) => [row.id, row]));
    for (const [key, one] of wanted) {
      if (entries.has(key)) continue;
      const { account, source } = one;
      const id = await ports.store.write("ensureMailbox", { id: ports.nextId(), account, source: source.name });
      const state = known.get(id) ?? { ...NEVER_POLLED, id };
      entries.set(key, new Entry(one, changed.has(key) ? { ...state, nextFetchAt: null } : state, gate, ports));
    }
  };
  return {
    update: (sources) => updating = updating.then(() => update(sources)),
    async poll({ account, source }, brakeReleased = false) {
      const meant = [...entries.values()].filter(({ of }) =>
        (account === undefined || of.account.toLowerCase() === account.toLowerCase()) &&
        (source === undefined || of.source.name === source)
      );
      return await Promise.all(meant.map(async (entry) => ({
        account: entry.of.account,
        source: entry.of.source.name,
        report: await entry.poll(brakeReleased),
      })));
    },
    async stop() {
      await drop(() => true);
    },
  };
}

const NEVER_POLLED = { lastFetchAt: null, lastOutcome: null, nextFetchAt: null, failures: 0, pausedBecause: null };

/** One source: its state, and the loop that polls it when it is due. */
class Entry {
  readonly of: AccountSource;
  readonly #gate: Gate;
  readonly #ports: PollerPorts;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #state: FetchState;
  #running: Promise<FetchReport> | null = null;
  #dueAt: number | null;
  #wake = new AbortController();

  constructor(of: AccountSource, state: FetchState, gate: Gate, ports: PollerPorts) {
    this.of = of;
    this.#gate = gate;
    this.#ports = ports;
    this.#state = state;
    this.#dueAt = dueAtStart(state, of.source.intervalMs, ports.clock.now(), ports.random());
    this.#loop = this.#run();
  }

  /** Polls now, or joins the poll that is under way. */
  async poll(brakeReleased: boolean): Promise<FetchReport> {
    if (brakeReleased) await this.#running;
    this.#running ??= this.#poll(brakeReleased).finally(() => {
      this.#running = null;
      this.#wake.abort();
    });
    return await this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#running;
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, sleep } = this.#ports;
    while (!this.#stop.signal.aborted) {
      const delayMs = this.#dueAt === null ? Infinity : this.#dueAt - clock.now();
      if (delayMs <= 0) {
        await this.poll(false);
        continue;
      }
      this.#wake = new AbortController();
      await sleep(delayMs, this.#wake.signal);
    }
  }

  async #poll(brakeReleased: boolean): Promise<FetchReport> {
    const { fetch = fetchSource, clock, random, store, warn } = this.#ports;
    const { account, source } = this.of;
    const leave = await this.#gate.enter();
    try {
      const { signal } = this.#stop;
      if (signal.aborted) return STOPPED;
      const report = await fetch({ account, source, mailboxId: this.#state.id, brakeReleased, signal }, this.#ports);
      this.#state = stateAfter(this.#state, report, source.intervalMs, clock.now(), random());
      this.#dueAt = this.#state.nextFetchAt;
      // Stopping is no failure of the source: the next start takes up where it was.
      if (!signal.aborted) await store.write("noteFetch", this.#state);
      return report;
    } catch (error) {
      warn(`the state of source ${source.name} of ${account} could not be written`, error);
      this.#dueAt = Math.max(this.#dueAt ?? 0, clock.now() + source.intervalMs);
      return { ...STOPPED, failure: negative("the store failed", "SYS/TEMP", describeError(error)) };
    } finally {
      leave();
    }
  }
}

const STOPPED: FetchReport = {
  fetched: 0,
  removed: 0,
  refusals: [],
  brake: null,
  failure: negative("stopped", "SYS/TEMP", "fetching was stopped"),
};

/** Lets so many in at once, the others in turn. */
class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves with what gives the place back. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }
}

function keyOf({ account, source }: AccountSource): string {
  return JSON.stringify([account.toLowerCase(), source.name]);
}

/** Whether two settings of a source say the same; secrets are compared by what they hold. */
function isSame(one: AccountSource, other: AccountSource | undefined): boolean {
  if (other === undefined) return false;
  const text = ({ account, source }: AccountSource) => JSON.stringify([account, { ...source, password: null }]);
  return text(one) === text(other) && one.source.password.reveal() === other.source.password.reveal();
}
