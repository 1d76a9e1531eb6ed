import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { Secret } from "../wire/secret.ts";
import { endBrowsersOfOldPasswords, type FilePasswordPorts } from "./file-passwords.ts";
import { createSecretBox } from "./secrets.ts";

let stored: TemporaryStore;
beforeEach(async () => {
  stored = await temporaryStore();
  const person = { role: "person", passwordHash: "", createdAt: 0 } as const;
  const users = [
    { ...person, name: "ada", account: "Ada@example.net", byAccountPassword: true },
    { ...person, name: "ada-own", account: "ada@example.net", passwordHash: "x" },
    { ...person, name: "bob", account: "bob", byAccountPassword: true },
    { name: "anna", role: "owner", passwordHash: "x", createdAt: 0 } as const,
  ];
  for (const user of users) await stored.store.write("addUser", user);
});
afterEach(() => stored.remove());

const box = createSecretBox(new Uint8Array(32).fill(7));
const ada = { login: "ADA@example.net", password: new Secret("correct horse"), passwordHash: undefined };
const bob = { login: "bob", password: undefined, passwordHash: new Secret("$scrypt$old") };

async function signAllIn(): Promise<void> {
  for (const userName of ["ada", "ada-own", "bob", "anna"]) {
    await stored.sql(`delete from web_session where user_name = '${userName}'`);
    await stored.store.write("putWebSession", {
      ...{ tokenHash: userName, userName, createdAt: 0, expiresAt: 9_999, lastSeenAt: 0 },
    });
  }
}

/** Reads the settings file, with these accounts; gives who is signed in still. */
async function read(accounts: FilePasswordPorts["accounts"], inDatabase: readonly string[] = []): Promise<string> {
  const logins = [...accounts.map(({ login }) => login.toLowerCase()), ...inDatabase];
  const hasAccount = (login: string) => logins.includes(login);
  await endBrowsersOfOldPasswords({ store: stored.store, box, accounts, hasAccount });
  return (await stored.store.read("browsers", { now: 1 })).map((row) => row.userName).sort().join(" ");
}

test("another password in the file signs out who came by the old one, also where it was written while Waypost did not run", async () => {
  await signAllIn();
  expect(await read([ada, bob])).toBe("ada ada-own anna bob");
  await stored.reopen();
  expect(await read([ada, bob])).toBe("ada ada-own anna bob");
  expect(await read([{ ...ada, password: new Secret("battery staple") }, bob])).toBe("ada-own anna bob");
  expect(await read([ada, { ...bob, passwordHash: new Secret("$scrypt$new") }])).toBe("ada-own anna");
});

test("with an account that goes all its persons are signed out, unless the database has it: then those by its password", async () => {
  await read([ada, bob]);
  await signAllIn();
  expect(await read([bob], ["ada@example.net"])).toBe("ada-own anna bob");
  await signAllIn();
  expect(await read([ada, bob])).toBe("ada-own anna bob");
  await signAllIn();
  expect(await read([])).toBe("anna");
});

test("what is kept tells no password, and is written only when something is another", async () => {
  await read([ada]);
  const kept = JSON.stringify(await stored.sql("select * from fact"));
  expect(kept).toContain("file_passwords");
  expect(kept).not.toContain("correct horse");
  await stored.sql("update fact set value = value || ' '");
  await read([ada]);
  expect(JSON.stringify(await stored.sql("select * from fact"))).toBe(kept);
});
