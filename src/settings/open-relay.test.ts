import { expect, test } from "vitest";
import { parseEntry } from "../settings.ts";
import { errorsOf, settingsOf } from "./sample.ts";

const allow = (networks: string[], more = "") => `[smtp]\nallow_without_auth = ${JSON.stringify(networks)}\n${more}`;
const device = (networks: string[]) => `[[device]]\nname = "scanner"\nnetworks = ${JSON.stringify(networks)}\n`;

test.each([
  ["8.8.8.8"],
  ["192.168.0.0/15"],
  ["0.0.0.0/1"],
  ["128.0.0.0/1"],
  ["2001:db8::/32"],
  ["::/1"],
  ["::ffff:0:0/96"],
  ["::ffff:8.8.8.0/120"],
  ["100.64.0.0/10"],
])("%s lets clients in only where the settings say it twice", (network) => {
  const errors = errorsOf(`${allow(["127.0.0.1", network])}${device([network])}`);
  expect(errors).toEqual([
    expect.stringContaining(`smtp.allow_without_auth[1]: "${network}" — expected `),
    expect.stringContaining(`device[0].networks[0]: "${network}" — expected `),
  ]);
  for (const error of errors) expect(error).toContain("or smtp.allow_public_networks = true as well");
  const settings = settingsOf(`${allow([network], "allow_public_networks = true\n")}${device([network])}`);
  expect(settings.smtp.allowPublicNetworks).toBe(true);
});

test.each([["0.0.0.0/0"], ["::/0"]])("%s is never right", (network) => {
  const errors = errorsOf(`${allow([network], "allow_public_networks = true\n")}${device([network])}`);
  expect(errors).toEqual([
    expect.stringContaining("open relay"),
    expect.stringContaining("open relay"),
  ]);
});

test("networks of the LAN need no more than their own setting", () => {
  const networks = ["10.0.0.0/8", "192.168.1.20", "fd00::/8", "::1", "fe80::/10", "::ffff:192.168.1.0/120"];
  expect(settingsOf(`${allow(networks)}${device(networks)}`).smtp.allowPublicNetworks).toBe(false);
});

test("the rules of a device are read", () => {
  const rules = {
    name: "scanner",
    networks: ["192.168.1.20"],
    from: "office@example.net",
    owner: "alice@example.net",
    messages_per_minute: 10,
    messages_per_hour: 100,
    max_message_size: "10MB",
    min_tls: "1.2",
    bare_lf: true,
  };
  expect(parseEntry("device", rules)).toMatchObject({
    entry: {
      from: "office@example.net",
      owner: "alice@example.net",
      messagesPerMinute: 10,
      messagesPerHour: 100,
      maxMessageSize: 10_000_000,
      minTls: "1.2",
      bareLf: true,
    },
  });
  const wrong = parseEntry("device", { ...rules, from: "office", owner: "*", min_tls: "1.4", bare_lf: "yes" });
  expect("errors" in wrong && wrong.errors.map(({ key }) => key)).toEqual([
    "device.from",
    "device.owner",
    "device.min_tls",
    "device.bare_lf",
  ]);
});

test("an alias names a recipient and who gets its mail", () => {
  const text = (recipient: string, to: string) => `[[alias]]\nrecipient = "${recipient}"\nto = "${to}"\n`;
  for (const recipient of ["root", "root@waypost.lan", "*@waypost.lan"]) {
    const alias = { recipient, to: "alice@example.net" };
    expect(settingsOf(text(recipient, "alice@example.net")).aliases).toEqual([alias]);
  }
  for (const wrong of ["*", "", "a b", "@waypost.lan"]) {
    expect(errorsOf(text(wrong, "alice@example.net"))).toEqual([expect.stringContaining("alias[0].recipient: ")]);
  }
  expect(errorsOf(text("root", "alice"))).toEqual([expect.stringContaining("alias[0].to: ")]);
});
