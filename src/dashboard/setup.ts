import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { hashCode, newCode } from "../identity/one-time-code.ts";
import { hashPassword } from "../identity/passwords.ts";
import type { DashboardPorts } from "./ports.ts";

/** The fact that holds the code's hash. */
const CODE_FACT = "dashboard-setup-code";

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
  const code = newCode(randomBytes);
  await store.write("rememberFact", { name: CODE_FACT, value: hashCode(code) });
  return code;
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
