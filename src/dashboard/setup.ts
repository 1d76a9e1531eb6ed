import { createHash, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { hashPassword } from "../identity/passwords.ts";
import type { DashboardPorts } from "./ports.ts";

/** The fact that holds the code's hash. */
const CODE_FACT = "dashboard-setup-code";
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Characters of a code: 12 of 30 are 58 bits, and the throttle is before it. */
const CODE_LENGTH = 12;

/** Characters that a dashboard password has at least. */
export const PASSWORD_MIN_LENGTH = 10;

/**
 * Makes the one-time code that lets the first owner in; call it at each start and show it on the console. Only its hash
 * is kept, and the code of the start before is void.
 * @returns "K7QF-2M9X-VB3T", or null when there is a user already
 */
export async function renewSetupCode(
  { store, randomBytes }: Pick<DashboardPorts, "store" | "randomBytes">,
): Promise<string | null> {
  await store.write("forgetFact", { name: CODE_FACT });
  if ((await store.read("users", null)).length > 0) return null;
  let code = "";
  while (code.length < CODE_LENGTH) {
    // Octets from 240 on would make some characters likelier.
    for (const octet of randomBytes(CODE_LENGTH)) if (octet < 240) code += ALPHABET[octet % ALPHABET.length];
  }
  code = code.slice(0, CODE_LENGTH);
  await store.write("rememberFact", { name: CODE_FACT, value: hashCode(code) });
  return code.replaceAll(/(....)(?=.)/g, "$1-");
}

/** Whether nobody has been set up yet. */
export async function isSetupOpen({ store }: Pick<DashboardPorts, "store">): Promise<boolean> {
  return (await store.read("users", null)).length === 0;
}

/** Whether a code is the one that was shown; upper or lower case, with or without dashes. */
export async function isSetupCode({ store }: Pick<DashboardPorts, "store">, code: string): Promise<boolean> {
  const hash = await store.read("factOf", { name: CODE_FACT });
  return hash !== null && timingSafeEqual(Buffer.from(hash), Buffer.from(hashCode(code)));
}

/** Makes the first owner and uses up the code; false when the code is wrong or was used. */
export async function createOwner(
  { store, clock }: Pick<DashboardPorts, "store" | "clock">,
  owner: { readonly name: string; readonly password: string; readonly code: string },
): Promise<boolean> {
  return await store.write("createFirstOwner", {
    name: owner.name,
    passwordHash: await hashPassword(owner.password),
    createdAt: clock.now(),
    codeFact: CODE_FACT,
    codeHash: hashCode(owner.code),
  });
}

function hashCode(code: string): string {
  const plain = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, "");
  return createHash("sha256").update(plain).digest("base64url");
}
