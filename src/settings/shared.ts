import * as kinds from "./kinds.ts";
import { providerById } from "./providers.ts";
import type { Resolved } from "./table.ts";

/* What the tables of upstreams and of sources share. */

/** A port of a server. */
export const port = kinds.whole(1, 65_535);

/** The profile that an upstream or a source names. */
export function profileOf(entry: Resolved) {
  return providerById(entry["provider"] as string | undefined);
}

/** The login of an account. */
export const login = kinds.label("a login");
/** What `auth` means for a server that we log in to. */
export const authDoc =
  "How to log in there. `best`: by the best way that the server offers, SCRAM-SHA-256 before those that tell " +
  "the password. Another, where the server offers what it cannot do for this login.";
