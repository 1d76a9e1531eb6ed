import { expect, test } from "vitest";
import { readLoginName } from "./login-name.ts";

const isWhole = (login: string) => ["alice@example.net", "alice+plus", "bob+tag@example.net", "a/b"].includes(login);

test("a login names an account, perhaps one of its sources, perhaps a client", () => {
  const read = (login: string) => Object.values(readLoginName(login, isWhole));
  expect(read("alice@example.net")).toEqual(["alice@example.net", null, null]);
  expect(read("alice@example.net+work")).toEqual(["alice@example.net", "work", null]);
  expect(read("alice@example.net/phone")).toEqual(["alice@example.net", null, "phone"]);
  expect(read("alice@example.net+work/phone")).toEqual(["alice@example.net", "work", "phone"]);
});

test("an account whose name has such signs is that account", () => {
  const read = (login: string) => Object.values(readLoginName(login, isWhole));
  expect(read("alice+plus")).toEqual(["alice+plus", null, null]);
  expect(read("alice+plus/phone")).toEqual(["alice+plus", null, "phone"]);
  expect(read("bob+tag@example.net")).toEqual(["bob+tag@example.net", null, null]);
  expect(read("a/b")).toEqual(["a/b", null, null]);
});

test("signs with nothing before or behind them are part of a name", () => {
  const read = (login: string) => Object.values(readLoginName(login, isWhole));
  expect(read("+")).toEqual(["+", null, null]);
  expect(read("/phone")).toEqual(["/phone", null, null]);
  expect(read("carol+")).toEqual(["carol+", null, null]);
  expect(read("carol/")).toEqual(["carol/", null, null]);
});
