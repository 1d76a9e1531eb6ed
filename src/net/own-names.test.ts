import { expect, test } from "vitest";
import { ownNames } from "./own-names.ts";

const v4 = (address: string, internal = false) => ({ address, family: "IPv4", internal });
const v6 = (address: string) => ({ address, family: "IPv6", internal: false });

test("the certificate has the names and the addresses of the LAN, in an order that does not depend on the system", () => {
  const one = {
    lo: [v4("127.0.0.1", true)],
    eth0: [v4("192.168.1.2"), v6("fd00::2"), v6("fe80::1")],
    wlan0: [v4("10.0.0.2")],
  };
  const other = { wlan0: one.wlan0, eth0: [...one.eth0].reverse(), none: undefined };
  const names = ["waypost.lan", "pi", "pi.local", "mail.example.net", "10.0.0.2", "192.168.1.2", "fd00::2"];
  expect(ownNames("waypost.lan", "Pi", ["mail.example.net"], one)).toEqual(names);
  expect(ownNames("waypost.lan", "Pi", ["mail.example.net"], other)).toEqual(names);
});

test("addresses that a provider gives, and change, are left out", () => {
  expect(ownNames("a.lan", "", [], { eth0: [v6("2001:db8::2"), v6("fd12:3456::9")] })).toEqual([
    "a.lan",
    "fd12:3456::9",
  ]);
});

test("a machine's name that no certificate can hold is left out, one with a domain needs no .local", () => {
  expect(ownNames("a.lan", "my_pi!", [], {})).toEqual(["a.lan"]);
  expect(ownNames("a.lan", "pi.home", ["a.lan"], {})).toEqual(["a.lan", "pi.home"]);
});

test("a machine with hundreds of addresses has a certificate of usual size", () => {
  const many = Array.from({ length: 300 }, (_, index) => v4(`172.17.${index >> 8}.${index & 255}`));
  expect(ownNames("a.lan", "", [], { docker: many })).toHaveLength(33);
});
