import { expect, test } from "vitest";
import { type Account, type Device, parseEntry, type Settings, type Upstream } from "../settings.ts";
import { createDirectory } from "./directory.ts";

function entry<T>(kind: "account" | "upstream" | "device", value: unknown): T {
  const parsed = parseEntry(kind, value);
  if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.entry as T;
}

const account = (login: string) => entry<Account>("account", { login });
const upstream = (name: string, host: string) => entry<Upstream>("upstream", { name, host });
const device = (name: string, networks: string[]) => entry<Device>("device", { name, networks });

const directory = createDirectory(
  {
    accounts: [account("Alice@example.net")],
    upstreams: [upstream("one", "file.example")],
    devices: [device("scanner", ["192.0.2.20"]), device("floor", ["192.0.2.0/24"])],
    routes: [{ via: ["one"] }],
  } as unknown as Settings,
  {
    accounts: [account("alice@example.net"), account("bob")],
    upstreams: [upstream("one", "database.example"), upstream("two", "database.example")],
    devices: [device("camera", ["192.0.2.30", "2001:db8::/64"])],
    routes: [{
      sender: undefined,
      recipient: undefined,
      account: undefined,
      device: undefined,
      minSize: undefined,
      maxSize: undefined,
      via: ["two"],
    }],
  },
);

test("entries of the file come first, and win over those of the database with the same name", () => {
  expect(directory.accounts.map(({ login, origin }) => [login, origin])).toEqual([
    ["Alice@example.net", "file"],
    ["bob", "database"],
  ]);
  expect(directory.upstreams.map(({ name, host }) => [name, host])).toEqual([
    ["one", "file.example"],
    ["two", "database.example"],
  ]);
  expect(directory.routes.map(({ via, origin }) => [via, origin])).toEqual([[["one"], "file"], [["two"], "database"]]);
});

test("an account is found in any case, an upstream by its name", () => {
  expect(directory.account("ALICE@EXAMPLE.NET")?.login).toBe("Alice@example.net");
  expect(directory.account("carol")).toBeUndefined();
  expect(directory.upstream("two")?.host).toBe("database.example");
  expect(directory.upstream("TWO")).toBeUndefined();
});

test.each([
  ["192.0.2.20", "scanner"],
  ["::ffff:192.0.2.20", "scanner"],
  ["192.0.2.30", "floor"],
  ["2001:db8::7", "camera"],
  ["198.51.100.1", undefined],
])("the device at %s is %s: the first that names its address", (address, name) => {
  expect(directory.device(address)?.name).toBe(name);
});
