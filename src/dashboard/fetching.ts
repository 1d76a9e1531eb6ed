import { isSameAccount } from "../identity/same-account.ts";
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { maySee, narrowedTo } from "./own.ts";
import type { DashboardPorts, FetchChoice } from "./ports.ts";

/**
 * How many sources a request to fetch means; an account's name may be written in any case.
 * @throws DashboardError 404 when it names an account or a source that there is not
 */
export function countSources({ describe }: Pick<DashboardPorts, "describe">, { account, source }: FetchChoice): number {
  const accounts = describe().accounts.filter(({ login }) => account === undefined || isSameAccount(login, account));
  if (account !== undefined && accounts.length === 0) {
    throw new DashboardError(404, "NOT_FOUND", texts.errors.noAccount(account));
  }
  const sources = accounts.flatMap((one) => one.sources).filter(({ name }) => source === undefined || name === source);
  if (source !== undefined && sources.length === 0) {
    throw new DashboardError(404, "NOT_FOUND", texts.errors.noSource(source));
  }
  return sources.length;
}

/**
 * What somebody may fetch of what was asked for: a person its own sources alone.
 * @throws DashboardError 404 when a person names another account
 */
export function narrowFetch(identity: Identity, { account, source }: FetchChoice): FetchChoice {
  const own = narrowedTo(identity);
  if (own === null) return { account, source };
  if (account !== undefined && !maySee(identity, { account })) {
    throw new DashboardError(404, "NOT_FOUND", texts.errors.noAccount(account));
  }
  return { account: own, source };
}
