/** What owners do that has no log of its own: it is done, and noted in the log of changes. */
import type { Suspect } from "../identity/throttle.ts";
import type { DashboardPorts, FetchChoice } from "./ports.ts";

/** Forgets what is counted against an address or a login. @returns whether there was anything */
export async function liftLogin(
  { liftLogin: lift, audit }: Pick<DashboardPorts, "liftLogin" | "audit">,
  suspect: Suspect,
  actor: string,
): Promise<boolean> {
  const isLifted = lift(suspect);
  const name = "address" in suspect ? suspect.address : suspect.login;
  if (isLifted) await audit({ kind: "login", name, action: "forgotten" }, actor);
  return isLifted;
}

/** Notes that sources go on which were paused to ask the owner. */
export async function noteResume(
  { audit }: Pick<DashboardPorts, "audit">,
  { account, source }: FetchChoice,
  resume: boolean,
  actor: string,
): Promise<void> {
  if (!resume) return;
  const name = [account, source].filter((part) => part !== undefined).join(", ");
  await audit({ kind: "mailbox", name, action: "resumed" }, actor);
}
