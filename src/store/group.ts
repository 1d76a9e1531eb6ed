import { errorOf } from "./errors.ts";
import type { Operation } from "./operation.ts";
import type { StatementConnection, StatementResult } from "./local.ts";
import { type OperationName, operations } from "./operations.ts";
import type { Statement } from "./statements.ts";
import type { CallResult, WriteCall } from "./exchange.ts";

/** What the database says while another connection has it. */
const IS_LOCKED = /^SQLITE_(?:BUSY|LOCKED)/;

/**
 * Writes a group of calls in one transaction: one fsync for all of them. When it fails, each call is tried on its own,
 * so that one bad call does not take the others with it. Where another program has locked the database no call is to
 * blame, and each would wait for the lock as long as all did.
 */
export async function writeGroup(
  database: StatementConnection,
  calls: readonly WriteCall[],
): Promise<CallResult[]> {
  try {
    return await commit(database, calls);
  } catch (cause) {
    const error = errorOf(cause);
    if (calls.length === 1 || IS_LOCKED.test(error.code)) return calls.map(({ id }) => ({ id, error }));
  }
  const results: CallResult[] = [];
  for (const call of calls) results.push(...await writeGroup(database, [call]));
  return results;
}

async function commit(database: StatementConnection, calls: readonly WriteCall[]): Promise<CallResult[]> {
  const parts = partsOf(calls);
  const statements = parts.flatMap((part) => part.statements);
  const results = statements.length > 0 ? await database.batch(statements) : [];
  let from = 0;
  return parts.flatMap((part) => {
    const own = results.slice(from, from + part.statements.length);
    from += part.statements.length;
    return part.settle(own);
  });
}

interface Part {
  readonly statements: readonly Statement[];
  readonly settle: (results: StatementResult[]) => CallResult[];
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
      statements: statements(args),
      settle: (resultSets) => {
        const values = results?.(args, resultSets);
        return own.map((call, index) => ({ id: call.id, result: values?.[index] }));
      },
    });
  }
  return parts;
}
