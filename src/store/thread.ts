import { Worker } from "node:worker_threads";
import { raise, StoreError } from "./errors.ts";
import type { CallResult, WorkerRequest, WorkerResponse, WorkerStart } from "./exchange.ts";

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A call that waits for its result. */
export interface Call {
  readonly id: number;
  readonly result: Promise<unknown>;
}

/** A thread of the store, and the calls that wait for its answers. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #gone: StoreError | null = null;
  #whenIdle: (() => void)[] = [];
  #onClosed: (isWritable: boolean) => void = () => undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /**
   * Starts a thread and waits until its database is open.
   * @throws StoreError
   */
  static start(start: WorkerStart): Promise<StoreThread> {
    const worker = new Worker(new URL("./start.ts", import.meta.url), { workerData: start });
    const thread = new StoreThread(worker);
    return new Promise((resolve, reject) => {
      worker.on("message", (response: WorkerResponse) => {
        if ("results" in response) thread.#settle(response.results);
        else if ("ready" in response) resolve(thread);
        else if ("closed" in response) thread.#onClosed(response.isWritable);
        else reject(raise(response.failed));
      });
      const onGone = (cause?: Error) => {
        const error = new StoreError("STORE_THREAD", "the store's thread has ended", cause ? { cause } : undefined);
        reject(error);
        thread.#end(error);
      };
      worker.on("error", onGone);
      worker.on("exit", () => onGone());
    });
  }

  /** Makes a call: its result comes once a request with its id was sent. */
  call(): Call {
    const id = this.#nextId++;
    const result = new Promise<unknown>((resolve, reject) => {
      if (this.#gone) reject(this.#gone);
      else this.#pending.set(id, { resolve, reject });
    });
    return { id, result };
  }

  /** Sends a request. */
  send(request: WorkerRequest): void {
    this.#worker.postMessage(request);
  }

  /** Waits for all calls, then ends the thread. @returns whether the database could be written to the end */
  async close(): Promise<boolean> {
    if (this.#gone) return false;
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    this.#gone = new StoreError("STORE_CLOSED", "the store is closed");
    const closed = new Promise<boolean>((resolve) => this.#onClosed = resolve);
    this.send({ close: true });
    const isWritable = await closed;
    await this.#worker.terminate();
    return isWritable;
  }

  #settle(results: readonly CallResult[]): void {
    for (const result of results) {
      const pending = this.#pending.get(result.id);
      this.#pending.delete(result.id);
      if ("error" in result) pending?.reject(raise(result.error));
      else pending?.resolve(result.result);
    }
    if (this.#pending.size === 0) { for (const resolve of this.#whenIdle.splice(0)) resolve(); }
  }

  #end(error: StoreError): void {
    this.#gone ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#gone);
    this.#pending.clear();
    this.#onClosed(false);
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
