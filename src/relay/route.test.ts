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
    { device: "camera", via: ["backup", "first"] },
    { min_size: "10MB", max_size: "20MB", via: ["backup"] },
  ],
  accounts: [{ login: "alice" }, { login: "bob", upstream: "backup" }],
  devices: [{ name: "scanner", networks: ["192.0.2.20"], upstream: "backup" }, {
    name: "camera",
    networks: ["192.0.2.21"],
  }],
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
  ["a route by device decides for its address", { clientAddress: "192.0.2.21" }, ["backup", "first"]],
  ["and for its name, wherever it is now", { device: "camera" }, ["backup", "first"]],
  ["but not for an account at that address", { account: "carol", clientAddress: "192.0.2.21" }, ["first"]],
  ["a route by size decides from its least size", { size: 10_000_000 }, ["backup"]],
  ["to its most", { size: 20_000_000 }, ["backup"]],
  ["and no further", { size: 20_000_001 }, ["first"]],
  ["what the owner chose counts more than a route", { sender: "x@office.example", sendBy: "first" }, ["first"]],
  ["but not against what an upstream allows", { sendBy: "office" }, []],
  ["an upstream that was chosen and is gone decides nothing", { sendBy: "gone" }, ["first"]],
])("%s", (_, changes, expected) => {
  expect(chooseUpstreams(directory, { ...plain, ...changes })).toEqual(expected);
});

test("an upstream is not used for a sender that it does not allow", () => {
  const narrow = directoryOf({ upstreams: [{ name: "only", senders: ["*@office.example"] }] });
  expect(chooseUpstreams(narrow, plain)).toEqual([]);
  expect(chooseUpstreams(narrow, { ...plain, sender: "" })).toEqual(["only"]);
  expect(chooseUpstreams(directoryOf({}), plain)).toEqual([]);
});
