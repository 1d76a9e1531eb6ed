/** The users of the dashboard: who they are, and by which password they sign in. */
import { noteAudit } from "./audit.ts";
import type { Store } from "../store/store.ts";
import { hashCode, newCode } from "./one-time-code.ts";
import { hashPassword } from "./passwords.ts";
import type { Role } from "./roles.ts";

/** Characters that a dashboard password has at least. */
export const PASSWORD_MIN_LENGTH = 10;
/** How long a one-time code works. */
export const CODE_WORKS_MS = 3 * 86_400_000;
const NAME = /^[^\p{Cc}\p{Cs}]{1,64}$/u;

/** Why a user cannot be made, changed or removed. */
export type UserProblem = "bad-name" | "name-taken" | "no-user" | "last-owner" | "no-account" | "short" | "wrong-code";

const MESSAGES: Readonly<Record<UserProblem, string>> = {
  "bad-name": "a user's name has 1 to 64 characters, none of them a control character",
  "name-taken": "there is a user of that name already",
  "no-user": "there is no user of that name",
  "last-owner": "it is the last owner who can sign in: make another one first",
  "no-account": "a person needs an account whose mail it sees, and there is none of that login",
  short: `a password has at least ${PASSWORD_MIN_LENGTH} characters`,
  "wrong-code": "that is not the user's one-time code, or it is too old",
};

/** A request about a user that cannot be done: why, for programs and for people. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problem: UserProblem;

  constructor(problem: UserProblem) {
    super(MESSAGES[problem]);
    this.problem = problem;
  }
}

/** What it takes to change users. */
export interface UserPorts {
  readonly store: Pick<Store, "read" | "write">;
  readonly clock: { now(): number };
  readonly randomBytes: (length: number) => Uint8Array;
  /** The login of an account as it is written in the settings, whatever its case; null: there is none. */
  readonly accountOf: (login: string) => string | null;
  /** Who asks, for the log of changes: a user's name, or "command". */
  readonly actor: string;
}

/** A user as wanted. */
export interface WantedUser {
  readonly name: string;
  readonly role: Role;
  /** Of a person: the account whose mail it sees. */
  readonly account?: string | undefined;
  /** Of a person: it signs in with the password of the account. */
  readonly byAccountPassword?: boolean | undefined;
}

/** A name as it is kept: without spaces around, in Unicode's composed form. @throws UserError */
export function userName(text: string): string {
  const name = text.trim().normalize("NFC");
  if (!NAME.test(name)) throw new UserError("bad-name");
  return name;
}

/**
 * Makes a user.
 * @returns the one-time code by which the user chooses a password; null: it signs in with the account's
 * @throws UserError
 */
export async function addUser(ports: UserPorts, wanted: WantedUser): Promise<string | null> {
  const { store, clock, randomBytes } = ports;
  const code = newCode(randomBytes);
  const belongs = belongingOf(ports, wanted);
  const byCode = belongs.byAccountPassword
    ? {}
    : { codeHash: hashCode(code), codeExpiresAt: clock.now() + CODE_WORKS_MS };
  const name = userName(wanted.name);
  const row = { name, passwordHash: "", role: wanted.role, createdAt: clock.now(), ...belongs, ...byCode };
  if (!await store.write("addUser", row)) throw new UserError("name-taken");
  await note(ports, name, "added", noteOf(wanted.role, belongs.account));
  return belongs.byAccountPassword ? null : code;
}

/** Gives a user another role; its browsers are signed out. @throws UserError */
export async function changeRole(ports: UserPorts, wanted: WantedUser): Promise<void> {
  const { name, role } = wanted;
  const belongs = belongingOf(ports, wanted);
  const done = await ports.store.write("changeRole", { name, role, ...belongs });
  if (!done) await explain(ports, name);
  await note(ports, name, "changed", noteOf(role, belongs.account));
}

function noteOf(role: Role, account: string | null): string {
  return role === "person" ? `${role} of ${account}` : role;
}

async function note(
  { store, clock, actor }: Pick<UserPorts, "store" | "clock" | "actor">,
  name: string,
  action: string,
  words?: string,
): Promise<void> {
  const detail = words === undefined ? {} : { note: words };
  await noteAudit(store, { kind: "user", name, action, detail }, actor, clock.now());
}

function belongingOf({ accountOf }: UserPorts, { role, account, byAccountPassword }: WantedUser) {
  if (role !== "person") return { account: null, byAccountPassword: false };
  const login = account === undefined ? null : accountOf(account);
  if (login === null) throw new UserError("no-account");
  return { account: login, byAccountPassword: byAccountPassword === true };
}

/** Removes a user, with its signed-in browsers and the tokens it made. @throws UserError */
export async function removeUser(ports: Omit<UserPorts, "accountOf">, name: string): Promise<void> {
  if (!await ports.store.write("removeUser", { name })) await explain(ports, name);
  await note(ports, name, "removed");
}

async function explain({ store }: Pick<UserPorts, "store">, name: string): Promise<never> {
  const isKnown = (await store.read("users", null)).some((row) => row.name === name);
  throw new UserError(isKnown ? "last-owner" : "no-user");
}

/**
 * Takes a user's password away and signs its browsers out.
 * @returns the one-time code by which the user chooses a new password
 * @throws UserError
 */
export async function resetPassword(ports: Omit<UserPorts, "accountOf">, name: string): Promise<string> {
  const { store, clock, randomBytes } = ports;
  const code = newCode(randomBytes);
  const codeExpiresAt = clock.now() + CODE_WORKS_MS;
  if (!await store.write("setUserCode", { name, codeHash: hashCode(code), codeExpiresAt })) {
    throw new UserError("no-user");
  }
  await note(ports, name, "password reset");
  return code;
}

/** Signs all browsers of a user out. @returns how many */
export async function signOutEverywhere(
  ports: Pick<UserPorts, "store" | "clock" | "actor">,
  name: string,
): Promise<number> {
  const ended = await ports.store.write("endBrowsers", { userName: name, hashBegin: null });
  await note(ports, name, "signed out everywhere");
  return ended;
}

/** Uses a one-time code to choose a password. @throws UserError "short" or "wrong-code" */
export async function redeemCode(
  { store, clock }: Pick<UserPorts, "store" | "clock">,
  { name, code, password }: { readonly name: string; readonly code: string; readonly password: string },
): Promise<void> {
  const passwordHash = await hashNew(password);
  const redeemed = { name, codeHash: hashCode(code), passwordHash, now: clock.now() };
  if (!await store.write("redeemCode", redeemed)) throw new UserError("wrong-code");
}

/**
 * Gives a user a new password; its other browsers are signed out.
 * @param keepSession the hash of the token of the browser that stays signed in
 * @throws UserError
 */
export async function setPassword(
  ports: Pick<UserPorts, "store" | "clock" | "actor">,
  name: string,
  password: string,
  keepSession: string | null = null,
): Promise<void> {
  const passwordHash = await hashNew(password);
  if (!await ports.store.write("setPassword", { name, passwordHash, keepSession })) throw new UserError("no-user");
  await note(ports, name, "password changed");
}

async function hashNew(password: string): Promise<string> {
  if (password.length < PASSWORD_MIN_LENGTH) throw new UserError("short");
  return await hashPassword(password);
}
