import type { Directory } from "../identity/directory.ts";
import type { Store } from "../store/store.ts";
import type { PoolPorts } from "./pool.ts";
import type { RetrySchedule } from "./retry.ts";

/** What the worker needs. */
export interface WorkerPorts extends PoolPorts {
  readonly store: Store;
  readonly directory: () => Directory;
  /** This node's name among those that share the store. */
  readonly owner: string;
  readonly policy: () => QueuePolicy;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Something went wrong that no message's history shows. */
  readonly warn: (text: string, error: unknown) => void;
}

/** The queue's settings. */
export interface QueuePolicy {
  readonly retry: RetrySchedule;
  /** How long a message is tried, milliseconds. */
  readonly lifetimeMs: number;
  /** When its sender is told that it is delayed, milliseconds; 0 or absent: never. */
  readonly warnAfterMs?: number;
  /** Memory for messages between acceptance and delivery, octets. */
  readonly hotMemory: number;
}
