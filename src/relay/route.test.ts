import { expect, test } from "vitest";
import { directoryOf } from "../../tests/support/relay.ts";
import { chooseUpstreams, type Routed } from "./route.ts";

const directory = directoryOf({
  upstreams: [
    { name: "first" },
    { name: "office", senders: ["*@office.example"] },
    { name: "backup" },
  ],
  routes: [
    { sender: "*@office.example", via: ["office", "backup"] },
    { recipient: "*@slow.example", account: "alice", via: ["backup"] },
    { sender: "lost@example.net", via: ["gone", "first"] },
  ],
  accounts: [{ login: "alice" }, { login: "bob", upstream: "backup" }],
  devices: [{ name: "scanner", networks: ["192.0.2.20"], upstream: "backup" }],
});

const plain: Routed = {
  sender: "a@example.net",
  recipient: "b@example.org",
  account: null,
  clientAddress: "192.0.2.9",
};

test.each<[string, Partial<Routed>, string[]]>([
  ["a sender without a route goes by the first upstream", {}, ["first"]],
  ["a route by sender decides, in its order", { sender: "x@Office.Example" }, ["office", "backup"]],
  ["a route by recipient and account needs both", { recipient: "x@slow.example" }, ["first"]],
  ["and decides where both fit", { recipient: "x@slow.example", account: "Alice" }, ["backup"]],
  ["an upstream that is gone is passed over", { sender: "lost@example.net" }, ["first"]],
  ["an account's own upstream serves where no route does", { account: "bob" }, ["backup"]],
  ["an account without one goes by the first", { account: "alice" }, ["first"]],
  ["an unknown account too", { account: "carol" }, ["first"]],
  ["a device's own upstream serves its mail", { clientAddress: "192.0.2.20" }, ["backup"]],
  ["the null reverse-path may use any", { sender: "" }, ["first"]],
])("%s", (_, changes, expected) => {
  expect(chooseUpstreams(directory, { ...plain, ...changes })).toEqual(expected);
});

test("an upstream is not used for a sender that it does not allow", () => {
  const narrow = directoryOf({ upstreams: [{ name: "only", senders: ["*@office.example"] }] });
  expect(chooseUpstreams(narrow, plain)).toEqual([]);
  expect(chooseUpstreams(narrow, { ...plain, sender: "" })).toEqual(["only"]);
  expect(chooseUpstreams(directoryOf({}), plain)).toEqual([]);
});
