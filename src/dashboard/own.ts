/** What belongs to whom: owners and viewers see all mail, a person that of the account alone. */
import { isSameAccount } from "../identity/same-account.ts";
import { DashboardError } from "./errors.ts";
import type { Identity } from "./identity.ts";

/** Something that belongs to an account; null: to none, a device for instance. */
export interface Belonging {
  readonly account: string | null;
}

/** Who looks, as far as it matters. */
type Viewer = Pick<Identity, "role" | "account" | "scopes">;

/** Whether somebody may know that a message, a mailbox or a session exists, and what its envelope says. */
export function maySee({ role, account }: Viewer, thing: Belonging): boolean {
  if (role !== "person") return true;
  return account !== null && thing.account !== null && isSameAccount(account, thing.account);
}

/** Whether somebody may read what is in a letter: owners, the person whose it is, and tokens that may. */
export function mayReadContent(identity: Viewer, letter: Belonging): boolean {
  if (identity.role === "viewer" || (identity.scopes !== null && !identity.scopes.has("content"))) return false;
  return maySee(identity, letter);
}

/** The account to which all that somebody sees is narrowed, for queries; null: it is not. */
export function narrowedTo({ role, account }: Pick<Identity, "role" | "account">): string | null {
  // A person without an account sees what belongs to the account "": nothing.
  return role === "person" ? account ?? "" : null;
}

/** Things that somebody may see. */
export function visible<Thing extends Belonging>(identity: Viewer, things: readonly Thing[]): Thing[] {
  return things.filter((thing) => maySee(identity, thing));
}

/** A mailbox as somebody may see it: to a person, other accounts that its mail comes from or goes to have no name. */
export function ownView<Box extends Belonging & Shared>(identity: Viewer, box: Box): Box {
  if (narrowedTo(identity) === null) return box;
  const deliversTo = box.deliversTo.filter((account) => maySee(identity, { account }));
  const isOwnSource = box.filledBy === null || maySee(identity, { account: box.filledBy });
  return { ...box, deliversTo, filledBy: isOwnSource ? box.filledBy : "" };
}

/** What of a mailbox names other accounts. */
interface Shared {
  readonly deliversTo: readonly string[];
  readonly filledBy: string | null;
}

/** A thing that somebody may see; what may not be seen is not there. @throws DashboardError 404 */
export function requireVisible<Thing extends Belonging>(identity: Viewer, thing: Thing | null, gone: string): Thing {
  if (thing === null || !maySee(identity, thing)) throw new DashboardError(404, "NOT_FOUND", gone);
  return thing;
}
