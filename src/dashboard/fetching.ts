import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardPorts, FetchChoice } from "./ports.ts";

/**
 * How many sources a request to fetch means; an account's name may be written in any case.
 * @throws DashboardError 404 when it names an account or a source that there is not
 */
export function countSources({ describe }: Pick<DashboardPorts, "describe">, { account, source }: FetchChoice): number {
  const accounts = describe().accounts.filter(({ login }) =>
    account === undefined || login.toLowerCase() === account.toLowerCase()
  );
  if (account !== undefined && accounts.length === 0) {
    throw new DashboardError(404, "NOT_FOUND", texts.errors.noAccount(account));
  }
  const sources = accounts.flatMap((one) => one.sources).filter(({ name }) => source === undefined || name === source);
  if (source !== undefined && sources.length === 0) {
    throw new DashboardError(404, "NOT_FOUND", texts.errors.noSource(source));
  }
  return sources.length;
}
