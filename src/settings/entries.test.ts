import { expect, test } from "vitest";
import { formatSettingError, parseEntry } from "../settings.ts";

test("an entry of the database is read like one of the file", () => {
  const parsed = parseEntry("account", {
    login: "alice@example.net",
    password: "hunter2",
    upstream: null,
    source: { host: "pop.example.net", username: "alice", password: "hunter2", interval: "10m" },
  });
  if ("errors" in parsed) throw new Error(parsed.errors.map(formatSettingError).join());
  expect(parsed.entry).toMatchObject({
    addresses: ["alice@example.net"],
    sources: [{ intervalMs: 600_000, port: 995 }],
  });
  expect(parsed.entry.password?.reveal()).toBe("hunter2");
  const device = parseEntry("device", { name: "scanner", networks: ["192.168.1.20"] });
  expect("entry" in device && device.entry.networks.contains("192.168.1.20")).toBe(true);
});

test("an entry of the database that is wrong says so with its key", () => {
  const errorsIn = (...input: Parameters<typeof parseEntry>) => {
    const parsed = parseEntry(...input);
    return "errors" in parsed ? parsed.errors.map(formatSettingError) : [];
  };
  expect(errorsIn("upstream", { name: null, host: "x y", port: "25", __proto__: 1, constructor: 1 })).toEqual([
    "upstream.constructor: (unknown key) — expected one of " +
    "name, provider, host, tls, port, ca, verify, fingerprint, username, password, password_file, password_env, auth, senders, " +
    "max_connections, messages_per_minute, messages_per_day, recipients_per_day, recipients_per_message, messages_per_connection, connect_timeout, command_timeout, data_timeout, " +
    "final_reply_timeout",
    "upstream.name: (missing) — expected a name for the upstream: 1 to 255 characters, without blanks around it",
    'upstream.host: "x y" — expected a host name or address such as "mail.example.net", without the port, which has a ' +
    "key of its own",
    'upstream.port: "25" — expected a whole number from 1 to 65535',
  ]);
  expect(errorsIn("route", { via: [] })[0]).toMatch(/^route\.via: \(a list\) — expected a list of at least 1/);
  expect(errorsIn("route", { via: ["a", "b", "a"] })).toEqual([
    'route.via[2]: "a" — expected an upstream that is not named before; via[0] is it',
  ]);
  const unused = { name: "a", host: "mail.example.net", auth: "login", senders: [] };
  expect(errorsIn("upstream", unused).map((line) => line.split(":")[0])).toEqual(["upstream.auth", "upstream.senders"]);
  expect(errorsIn("route", "hunter2")).toEqual(["route: (a text) — expected a table of settings"]);
  expect(errorsIn("account", JSON.parse('{"login": "a", "__proto__": {"x": 1}}'))[0]).toContain(
    "account.__proto__: (unkn",
  );
});
