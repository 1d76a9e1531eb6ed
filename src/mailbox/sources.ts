import type { Directory } from "../identity/directory.ts";
import type { Source } from "../settings.ts";

/** A source with the account that reads it. */
export interface AccountSource {
  readonly account: string;
  readonly source: Source;
}

/**
 * The sources of all accounts. Their rules of delivery name accounts as those are written, and only such as there are: mail
 * for an account that is not there goes to the source's own.
 */
export function sourcesOf({ accounts }: Pick<Directory, "accounts">): AccountSource[] {
  const byLogin = new Map(accounts.map(({ login }) => [login.toLowerCase(), login]));
  return accounts.flatMap(({ login, sources }) =>
    sources.map((source) => ({
      account: login,
      source: {
        ...source,
        deliver: source.deliver.flatMap(({ recipient, account }) => {
          const known = byLogin.get(account.toLowerCase());
          return known === undefined ? [] : [{ recipient, account: known }];
        }),
      },
    }))
  );
}
