import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { accountsFor, addressesIn } from "./deliver.ts";

const FIELDS = ["Delivered-To", "To", "Cc"];
const rules = [
  { recipient: "bob@example.net", account: "bob" },
  { recipient: "*@example.net", account: "rest" },
  { recipient: "*@sales.example.net", account: "carol" },
];

const accounts = (...lines: string[]) =>
  accountsFor(Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1"), FIELDS, rules);

test("the first field in which an address fits decides; later ones are the last resort", () => {
  expect(accounts("To: bob@example.net", "Delivered-To: x@sales.example.net")).toEqual(["carol"]);
  expect(accounts("Delivered-To: all@provider.example", "To: bob@example.net")).toEqual(["bob", "rest"]);
  expect(accounts("Cc: x@SALES.example.net")).toEqual(["carol"]);
  expect(accounts("To: x@example.org", "Subject: bob@example.net")).toEqual([]);
  expect(accounts()).toEqual([]);
});

test("every field of a name counts, and each account comes once", () => {
  expect(accounts("To: x@sales.example.net", "To: bob@example.net", "to: bob@example.net")).toEqual([
    "bob",
    "rest",
    "carol",
  ]);
});

test.each([
  ["bob@example.net", ["bob@example.net"]],
  ["<bob@example.net>", ["bob@example.net"]],
  ['"Smith, Bob (x@y)" <bob@example.net>, ann@example.net', ["bob@example.net", "ann@example.net"]],
  ["Bob (home (really) a@b) <bob@example.net>", ["bob@example.net"]],
  ["Friends: bob@example.net, Ann <ann@example.net>;, c@example.net", [
    "bob@example.net",
    "ann@example.net",
    "c@example.net",
  ]],
  ['"odd name"@example.net', ['"odd name"@example.net']],
  ["<@relay.example:bob@example.net>", ["bob@example.net"]],
  ["undisclosed-recipients:;", []],
  ["bob", []],
  ["", []],
  ["<>", []],
])("the addresses of %j", (value, expected) => {
  expect(addressesIn(value)).toEqual(expected);
});
