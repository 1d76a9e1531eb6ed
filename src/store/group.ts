import type { Client, ResultSet } from "@libsql/client";
import { errorOf } from "./errors.ts";
import type { Operation } from "./operation.ts";
import { type OperationName, operations } from "./operations.ts";
import type { CallResult, WriteCall } from "./exchange.ts";

/**
 * Writes a group of calls in one transaction: one fsync for all of them. When it fails, each call is tried on its own,
 * so that one bad call does not take the others with it.
 */
export async function writeGroup(client: Client, calls: readonly WriteCall[]): Promise<CallResult[]> {
  try {
    return await commit(client, calls);
  } catch (cause) {
    if (calls.length === 1) return [{ id: calls[0]!.id, error: errorOf(cause) }];
  }
  const results: CallResult[] = [];
  for (const call of calls) results.push(...await writeGroup(client, [call]));
  return results;
}

async function commit(client: Client, calls: readonly WriteCall[]): Promise<CallResult[]> {
  const parts = partsOf(calls);
  const statements = parts.flatMap((part) => part.statements);
  const results = statements.length > 0 ? await client.batch(statements, "write") : [];
  let from = 0;
  return parts.flatMap((part) => {
    const own = results.slice(from, from + part.statements.length);
    from += part.statements.length;
    return part.settle(own);
  });
}

interface Part {
  readonly statements: { sql: string; args: never[] }[];
  readonly settle: (results: ResultSet[]) => CallResult[];
}

/** Sorts the calls by kind, in the order of the table of operations, and has each kind write its statements. */
function partsOf(calls: readonly WriteCall[]): Part[] {
  const byName = Map.groupBy(calls, (call) => call.name);
  const parts: Part[] = [];
  for (const [name, operation] of Object.entries(operations)) {
    const own = byName.get(name as OperationName);
    if (!own) continue;
    const { statements, results } = operation as unknown as Operation<unknown, unknown>;
    const args = own.map((call) => call.args);
    parts.push({
      statements: statements(args) as Part["statements"],
      settle: (resultSets) => {
        const values = results?.(args, resultSets);
        return own.map((call, index) => ({ id: call.id, result: values?.[index] }));
      },
    });
  }
  return parts;
}
