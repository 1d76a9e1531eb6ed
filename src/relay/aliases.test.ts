import { expect, test } from "vitest";
import { aliasOf, resolveAliases } from "./aliases.ts";

const hostname = "waypost.lan";
const aliases = {
  hostname,
  aliases: [
    { recipient: "root", to: "alice@example.net" },
    { recipient: "admin@office.lan", to: "root@waypost.lan" },
    { recipient: "*@office.lan", to: "bob@example.net" },
    { recipient: "postmaster", to: "jörg@example.net" },
  ],
};

test.each([
  ["root", "alice@example.net"],
  ["ROOT", "alice@example.net"],
  ["root@Waypost.LAN", "alice@example.net"],
  ["root@other.lan", undefined],
  ["toor", undefined],
  ["postmaster", "jörg@example.net"],
  ["admin@office.lan", "root@waypost.lan"],
  ["anybody@office.lan", "bob@example.net"],
  ["alice@example.net", undefined],
])("%s stands for %s", (recipient, expected) => expect(aliasOf(aliases, recipient)).toBe(expected));

test("an alias is followed once: there are no circles", () => {
  const circle = { hostname, aliases: [{ recipient: "a@b", to: "c@d" }, { recipient: "c@d", to: "a@b" }] };
  expect(resolveAliases([{ address: "a@b" }], circle)).toMatchObject([{ address: "c@d" }]);
});

test("what the sender asked for stays, ORCPT above all", () => {
  const asked = { address: "root", notify: "NEVER", originalRecipient: "rfc822;admin+2B1@x" };
  expect(resolveAliases([asked], aliases)).toEqual([{ ...asked, address: "alice@example.net" }]);
  expect(resolveAliases([{ address: "a+b@office.lan" }], aliases)[0]).toMatchObject({
    address: "bob@example.net",
    originalRecipient: "rfc822;a+2Bb@office.lan",
  });
});

test("nothing is touched where no alias fits", () => {
  const given = [{ address: "x@y" }, { address: "x@y" }];
  expect(resolveAliases(given, aliases)).toBe(given);
  expect(resolveAliases(given, { hostname, aliases: [] })).toBe(given);
});

test("two that become one get one message", () => {
  const given = ["x@office.lan", "y@office.lan", "bob@EXAMPLE.net", "Bob@example.net"].map((address) => ({ address }));
  expect(resolveAliases(given, aliases).map(({ address }) => address)).toEqual(["bob@example.net", "Bob@example.net"]);
});
