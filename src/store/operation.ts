import type { StatementResult } from "./local.ts";
import type { Statement } from "./statements.ts";

/**
 * One kind of write, as data: how any number of calls of it become statements, and what each call gets back. Pure, so
 * that the same operation runs on a file and on a libSQL server, and in a group with others.
 */
export interface Operation<Args, Result> {
  /** The statements that carry out all calls. They run in one transaction with the rest of the group. */
  readonly statements: (calls: readonly Args[]) => Statement[];
  /** What each call gets back, from the results of those statements. Absent: nothing. */
  readonly results?: (calls: readonly Args[], results: readonly StatementResult[]) => Result[];
  /**
   * Nothing is promised when it resolves: a group of such calls alone costs no fsync. They become durable with the next
   * group that has a promise to keep, since one fsync covers the whole log.
   */
  readonly unpromised?: true;
}

/** The arguments of an operation. */
export type ArgsOf<O> = O extends Operation<infer Args, infer _Result> ? Args : never;
/** What a call of an operation gets back. */
export type ResultOf<O> = O extends Operation<infer _Args, infer Result> ? Result : never;
