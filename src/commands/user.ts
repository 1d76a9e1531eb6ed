import { randomBytes } from "node:crypto";
import {
  addUser,
  changeRole,
  PASSWORD_MIN_LENGTH,
  removeUser,
  resetPassword,
  setPassword,
  type UserPorts,
} from "../identity/users.ts";
import { type Role, ROLES } from "../identity/roles.ts";
import type { Settings } from "../settings.ts";
import type { Store } from "../store/store.ts";
import { asCommand, type CommandIo, printJson, readCommandLine, runPart, settingsOf, UsageError } from "./command.ts";
import { isSameName } from "./entry-changes.ts";
import { layOutTable } from "./output/table.ts";
import { openPasswords } from "./password.ts";
import { hasDatabase, loadDirectory, withReader, withWriter } from "./stores.ts";

const ONE_NAME = { min: 1, max: 1, what: "one NAME" };
const CODE_DAYS = 3;

/** `waypost user`: who may sign in to the dashboard. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("user", (args, io) => runPart("user", { list, add, role, password, remove }, args, io));

async function list(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const rows = hasDatabase(settings) ? await withReader(settings, (store) => store.read("users", null)) : [];
  const users = rows.map(({ name, role, account, passwordHash, byAccountPassword, createdAt }) => ({
    name,
    role,
    account,
    signsIn: byAccountPassword === true ? "account-password" : passwordHash === "" ? "code" : "password",
    createdAt,
  }));
  if (values.json) printJson(io, { users });
  else if (users.length === 0) io.stdout('No users yet. To make one: "waypost user add NAME --role owner".\n');
  else {
    io.stdout(layOutTable(
      [{ title: "NAME", shrinks: true }, { title: "ROLE" }, { title: "ACCOUNT", shrinks: true }, { title: "SIGNS IN" }],
      users.map(({ name, role, account, signsIn }) => [name, role, account ?? "-", SIGNS_IN[signsIn] ?? signsIn]),
    ));
  }
  return 0;
}

const SIGNS_IN: Readonly<Record<string, string>> = {
  password: "with a password",
  "account-password": "as at the mail servers",
  code: "not yet, by one-time code",
};

const ROLE_OPTIONS = {
  role: { type: "string" },
  account: { type: "string" },
  "mail-password": { type: "boolean" },
} as const;

async function add(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, ROLE_OPTIONS, ONE_NAME);
  const wanted = wantedOf(positionals[0]!, values);
  return await withUsers(settingsOf(values.config, io), io, async (ports) => {
    tellCode(io, values.json, "added", wanted.name, await addUser(ports, wanted));
  });
}

async function role(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, ROLE_OPTIONS, ONE_NAME);
  const wanted = wantedOf(positionals[0]!, values);
  return await withUsers(settingsOf(values.config, io), io, async (ports) => {
    await changeRole(ports, wanted);
    if (values.json) printJson(io, { action: "changed", name: wanted.name, role: wanted.role });
    else io.stdout(`user ${wanted.name}: ${wanted.role} from now on, signed out everywhere\n`);
  });
}

function wantedOf(
  name: string,
  values: { readonly role?: string; readonly account?: string; readonly "mail-password"?: boolean },
) {
  const known: Role | undefined = ROLES.find((one) => one === values.role);
  if (!known) throw new UsageError(`--role: expected one of ${ROLES.join(", ")}; got ${values.role ?? "nothing"}`);
  return { name, role: known, account: values.account, byAccountPassword: values["mail-password"] };
}

async function password(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, { "password-stdin": { type: "boolean" } }, ONE_NAME);
  const name = positionals[0]!;
  return await withUsers(settingsOf(values.config, io), io, async (ports) => {
    if (!values["password-stdin"]) {
      return tellCode(io, values.json, "has no password", name, await resetPassword(ports, name));
    }
    const given = await openPasswords(true).next(`new password for ${name}, ${PASSWORD_MIN_LENGTH} characters or more`);
    await setPassword(ports, name, given);
    if (values.json) printJson(io, { action: "has a new password", name, code: null });
    else io.stdout(`user ${name}: has a new password, signed out everywhere\n`);
  });
}

async function remove(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, ONE_NAME);
  const name = positionals[0]!;
  return await withUsers(settingsOf(values.config, io), io, async (ports) => {
    await removeUser(ports, name);
    if (values.json) printJson(io, { action: "removed", name });
    else io.stdout(`user ${name}: removed, with its tokens\n`);
  });
}

function tellCode(io: CommandIo, json: boolean | undefined, action: string, name: string, code: string | null): void {
  if (json) return printJson(io, { action, name, code });
  if (code === null) return io.stdout(`user ${name}: ${action}; signs in with the password of its account\n`);
  io.stdout(
    `user ${name}: ${action}\nOne-time code, for ${CODE_DAYS} days: ${code}\n` +
      `To choose a password: open the dashboard at /welcome\n`,
  );
}

/** Does something with the users of the database, which is made at need. */
async function withUsers(
  settings: Settings,
  io: CommandIo,
  use: (ports: UserPorts) => Promise<void>,
): Promise<number> {
  await withWriter(settings, async (store) => await use(await portsOf(store, settings, io)), true);
  return 0;
}

async function portsOf(store: Store, settings: Settings, io: CommandIo): Promise<UserPorts> {
  const { accounts } = await loadDirectory(store, settings, io);
  return {
    store,
    clock: { now: () => Date.now() },
    randomBytes,
    accountOf: (login) => accounts.find((account) => isSameName(account.login, login))?.login ?? null,
    actor: "command",
  };
}
