import { describeError } from "../net/errors.ts";
import { negative } from "../pop3/reply.ts";
import type { FetchState } from "../store/operations/mailbox.ts";
import type { Sleep } from "../wire/clock.ts";
import { fetchSource } from "./fetch.ts";
import { type FetchPorts, type FetchReport, type FetchRequest, NOTHING_DONE } from "./report.ts";
import type { AccountSource } from "./sources.ts";
import { dueAtStart, hasLineReturned, isDueAtLogin, stateAfter } from "./schedule.ts";

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

/** What the sources of a poller share. */
export interface Together {
  /** Lets so many of them be polled at once. */
  readonly gate: Gate;
  /** Told when a source could be polled whose line was down. */
  readonly lineIsBack: () => void;
}

/** One source: its state, and the loop that polls it when it is due. One session with it at a time. */
export class PolledSource {
  readonly of: AccountSource;
  readonly #together: Together;
  readonly #ports: PollerPorts;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #state: FetchState;
  #running: Promise<FetchReport> | null = null;
  #foreseeing: Promise<FetchReport> | null = null;
  /** Before this the server has said that it wants no other login. */
  #notBefore = 0;
  #dueAt: number | null;
  #wake = new AbortController();

  constructor(of: AccountSource, state: FetchState, together: Together, ports: PollerPorts) {
    this.of = of;
    this.#together = together;
    this.#ports = ports;
    this.#state = state;
    this.#dueAt = dueAtStart(state, of.source.intervalMs, ports.clock.now(), ports.random());
    this.#loop = this.#run();
  }

  /** Polls now, or joins the poll that is under way. */
  async poll(brakeReleased: boolean): Promise<FetchReport> {
    while (this.#foreseeing) await this.#foreseeing;
    if (brakeReleased) await this.#running;
    this.#running ??= this.#poll(brakeReleased).finally(() => {
      this.#running = null;
      this.#wake.abort();
    });
    return await this.#running;
  }

  /** Asks what the next poll would do; nothing is done, and nothing noted. */
  async foresee(): Promise<FetchReport> {
    while (this.#running) await this.#running;
    this.#foreseeing ??= this.#ask({ isDryRun: true }).finally(() => this.#foreseeing = null);
    return await this.#foreseeing;
  }

  /** A client logs in. Resolves when its mail is as fresh as it shall be, or it need not wait longer. Never throws. */
  async freshen(): Promise<void> {
    const { clock, sleep } = this.#ports;
    const { fetchOnLoginMs, fetchOnLoginWaitMs } = this.of.source;
    const now = clock.now();
    if (!isDueAtLogin(this.#state, fetchOnLoginMs, now) || now < this.#notBefore) return;
    const polling = this.poll(false);
    if (fetchOnLoginWaitMs === 0) return;
    const patience = new AbortController();
    await Promise.race([polling, sleep(fetchOnLoginWaitMs, patience.signal)]);
    patience.abort();
  }

  /** The line may be back: a source that waits for it is polled at once. */
  tryLine(): void {
    if (this.#state.failureKind !== "line" || this.#state.pausedBecause !== null) return;
    this.#dueAt = this.#ports.clock.now();
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await Promise.all([this.#running, this.#foreseeing]);
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
    const { clock, random, store, warn } = this.#ports;
    const { account, source } = this.of;
    const { signal } = this.#stop;
    try {
      const report = await this.#ask({ brakeReleased });
      // Stopping is no failure of the source: the next start takes up where it was.
      if (signal.aborted) return report;
      const before = this.#state;
      this.#state = stateAfter(before, report, source.intervalMs, clock.now(), random());
      this.#dueAt = this.#state.nextFetchAt;
      this.#notBefore = clock.now() + report.loginDelayMs;
      if (hasLineReturned(before, this.#state)) this.#together.lineIsBack();
      await store.write("noteFetch", this.#state);
      return report;
    } catch (error) {
      warn(`the state of source ${source.name} of ${account} could not be written`, error);
      this.#dueAt = Math.max(this.#dueAt ?? 0, clock.now() + source.intervalMs);
      const failure = negative("the store failed", "SYS/TEMP", describeError(error));
      return { ...NOTHING_DONE, failure, failureKind: "here" };
    }
  }

  /** One session with the source, when its turn has come. */
  async #ask(how: { readonly brakeReleased?: boolean; readonly isDryRun?: boolean }): Promise<FetchReport> {
    const { fetch = fetchSource } = this.#ports;
    const { brakeReleased = false, isDryRun = false } = how;
    const { signal } = this.#stop;
    const leave = await this.#together.gate.enter();
    try {
      if (signal.aborted) return STOPPED;
      const request = { ...this.of, mailboxId: this.#state.id, brakeReleased, isDryRun, signal };
      return await fetch(request, this.#ports);
    } finally {
      leave();
    }
  }
}

const STOPPED: FetchReport = {
  ...NOTHING_DONE,
  failure: negative("stopped", "SYS/TEMP", "fetching was stopped"),
  failureKind: "stopped",
};

/** Lets so many in at once, the others in turn. */
export class Gate {
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
