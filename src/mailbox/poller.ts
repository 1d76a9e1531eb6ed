import { Gate, PolledSource, type PollerPorts } from "./polled-source.ts";
import type { FetchReport } from "./report.ts";
import type { AccountSource } from "./sources.ts";

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
  /** Asks sources what the next poll would do, and does nothing: the reports say it. */
  foresee(which: SourceSelection): Promise<PollResult[]>;
  /**
   * A client logs in: what it reads is polled at once where it is older than its settings say. Resolves when that is done
   * or the time is over that the client is to wait. Never throws.
   */
  freshen(which: SourceSelection): Promise<void>;
  /** Breaks off what is under way and ends. */
  stop(): Promise<void>;
}

/** Polls that run at once. */
const POLLS_AT_ONCE = 4;

/** Makes a poller; it begins with the first `update`. */
export function createPoller(ports: PollerPorts): Poller {
  const entries = new Map<string, PolledSource>();
  const gate = new Gate(POLLS_AT_ONCE);
  let updating: Promise<void> = Promise.resolve();
  /** Ends the polls of what is no longer wanted, and waits for it: a source is never polled twice at a time. */
  const drop = async (unwanted: (key: string, entry: PolledSource) => boolean): Promise<Set<string>> => {
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
      const begun = changed.has(key) ? { ...state, nextFetchAt: null } : state;
      entries.set(key, new PolledSource(one, begun, { gate, lineIsBack }, ports));
    }
  };
  const lineIsBack = () => entries.forEach((entry) => entry.tryLine());
  const meantBy = ({ account, source }: SourceSelection) =>
    [...entries.values()].filter(({ of }) =>
      (account === undefined || isSameLogin(of.account, account)) && (source === undefined || of.source.name === source)
    );
  const resultsOf = (which: SourceSelection, ask: (entry: PolledSource) => Promise<FetchReport>) =>
    Promise.all(
      meantBy(which).map(async (entry) => ({
        account: entry.of.account,
        source: entry.of.source.name,
        report: await ask(entry),
      })),
    );
  return {
    update: (sources) => updating = updating.then(() => update(sources)),
    poll: (which, brakeReleased = false) => resultsOf(which, (entry) => entry.poll(brakeReleased)),
    foresee: (which) => resultsOf(which, (entry) => entry.foresee()),
    async freshen({ account, source }) {
      const feeding = [...entries.values()].filter(({ of }) =>
        (account === undefined || feeds(of, account)) && (source === undefined || of.source.name === source)
      );
      await Promise.all(feeding.map((entry) => entry.freshen()));
    },
    async stop() {
      await drop(() => true);
    },
  };
}

const NEVER_POLLED = {
  lastFetchAt: null,
  lastOutcome: null,
  nextFetchAt: null,
  failures: 0,
  pausedBecause: null,
  failureKind: null,
};

function isSameLogin(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether mail of a source may go to an account: it is its own, or a rule names it. */
function feeds({ account, source }: AccountSource, login: string): boolean {
  return isSameLogin(account, login) || source.deliver.some((rule) => isSameLogin(rule.account, login));
}

function keyOf({ account, source }: AccountSource): string {
  return JSON.stringify([account.toLowerCase(), source.name]);
}

/** Whether two settings of a source say the same; secrets are compared by what they hold. */
function isSame(one: AccountSource, other: AccountSource | undefined): boolean {
  if (other === undefined) return false;
  const text = ({ account, source }: AccountSource) =>
    JSON.stringify([account, { ...source, password: null, fetchOnLoginMs: String(source.fetchOnLoginMs) }]);
  return text(one) === text(other) && one.source.password.reveal() === other.source.password.reveal();
}
