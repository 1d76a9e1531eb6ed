/** What a login names: an account, one of its sources or all, and which of the account's clients it is. */
export interface Wanted {
  readonly login: string;
  readonly source: string | null;
  /** The name of the client, null where the login tells none. */
  readonly client: string | null;
}

/**
 * Takes a login apart: "alice+work/phone" is the source "work" of alice, for her client "phone".
 * @param isWhole whether a login is to be taken as it is: there is an account of that very name
 */
export function readLoginName(login: string, isWhole: (login: string) => boolean): Wanted {
  if (isWhole(login)) return { login, source: null, client: null };
  const [named, client] = cut(login, "/");
  if (isWhole(named)) return { login: named, source: null, client };
  const [account, source] = cut(named, "+");
  return { login: account, source, client };
}

function cut(text: string, separator: string): [before: string, behind: string | null] {
  const at = text.lastIndexOf(separator);
  return at <= 0 || at === text.length - 1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
