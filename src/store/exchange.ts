/** What crosses between the engines' thread and the store's threads. */
import type { DatabaseLocation } from "./database.ts";
import type { CallError } from "./errors.ts";
import type { OperationName } from "./operations.ts";
import type { QueryName } from "./queries.ts";

/** What a thread is started with. */
export interface WorkerStart {
  readonly role: "writer" | "reader";
  readonly location: DatabaseLocation;
  /** Memory in which octets cross between the threads. */
  readonly arena: SharedArrayBuffer;
}

/** A write; its octets, when it has any, lie in the arena. */
export interface WriteCall {
  readonly id: number;
  readonly name: OperationName;
  readonly args: unknown;
  readonly at?: number;
  readonly length?: number;
}

/** What a thread is sent. */
export type WorkerRequest =
  | { readonly write: readonly WriteCall[]; readonly id: number }
  | { readonly read: { readonly id: number; readonly name: QueryName; readonly args: unknown } }
  | {
    readonly chunks: {
      readonly id: number;
      readonly spoolId: number;
      readonly position: number;
      readonly most: number;
      readonly at: number;
    };
  }
  | { readonly small: { readonly id: number; readonly spoolIds: readonly number[]; readonly at: number } }
  | { readonly close: true };

/** What it sends. */
export type WorkerResponse =
  | { readonly ready: true }
  | { readonly failed: { readonly code: string; readonly message: string } }
  | { readonly results: readonly CallResult[] }
  | { readonly closed: true; readonly isWritable: boolean };

/** What became of a call. */
export type CallResult = { readonly id: number } & ({ readonly result: unknown } | { readonly error: CallError });
