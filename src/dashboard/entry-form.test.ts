import { expect, test } from "vitest";
import { directoryOf } from "../../tests/support/relay.ts";
import { EntryError } from "../identity/entries.ts";
import { entryTable } from "../settings.ts";
import { entryForm, readEntryForm } from "./entry-form.ts";
import { suggestName } from "./device-pages.ts";

const directory = directoryOf({ upstreams: [{ name: "provider" }, { name: "second" }] });

test.each(["account", "device", "route"] as const)(
  "every key of a %s has a field, apart from secrets and sources",
  (kind) => {
    const { fields } = entryForm({ kind, value: {}, directory, seenAt: 1 });
    const keys = Object.entries(entryTable(kind).rows).flatMap(([key, row]) =>
      row.shape === "setting" && !row.kind.secret ? [key] : []
    );
    expect(fields.map(({ key }) => key)).toEqual(keys);
    expect(fields.every(({ label, key }) => label !== key && label !== "")).toBe(true);
  },
);

test("a form comes back as the value that it was filled with", () => {
  const value = {
    name: "scanner",
    networks: ["192.168.1.20", "fd00::/64"],
    addresses: ['"a,b"@example.net', "*@example.org"],
    messages_per_hour: 20,
    max_message_size: "1MB",
    bare_lf: true,
  };
  const form = Object.fromEntries(
    entryForm({ kind: "device", value, directory, seenAt: 1 }).fields.map((field) => [field.key, field.value]),
  );
  expect(JSON.parse(JSON.stringify(readEntryForm("device", form)))).toEqual(value);
});

test("commas stand between addresses, and within the names of upstreams", () => {
  const form = { via: "one, or two\r\nsecond\r\n" };
  expect(readEntryForm("route", form)["via"]).toEqual(["one, or two", "second"]);
  expect(readEntryForm("device", { networks: "10.0.0.1, 10.0.0.2" })["networks"]).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("what is no number stays as it was typed, and its error stands beside its field", () => {
  const value = readEntryForm("device", { name: "x", networks: "10.0.0.1", messages_per_hour: "many" });
  expect(value["messages_per_hour"]).toBe("many");
  const error = { file: undefined, line: undefined, value: '"many"', expected: "a whole number from 0 to 100000" };
  const { fields, problems } = entryForm({
    ...{ kind: "device", value, directory, seenAt: null },
    error: new EntryError([
      { ...error, key: "device.messages_per_hour" },
      { ...error, key: "device", expected: "something else" },
    ]),
  });
  expect(fields.find(({ key }) => key === "messages_per_hour")?.error).toBe(
    '"many" is not right, expected a whole number from 0 to 100000.',
  );
  expect(problems).toEqual(['device: "many" is not right, expected something else.']);
});

test.each([
  ["BRN30055C", "BRN30055C"],
  ["[192.168.1.5]", "device 192.168.1.5"],
  ["localhost.localdomain", "device 192.168.1.5"],
  ["taken", "device 192.168.1.5"],
  ["", "device 192.168.1.5"],
  ["a\u0000b\u202e<c>", "abc"],
  ["\u{1F5A8}".repeat(80), "\u{1F5A8}".repeat(60)],
])("a client that calls itself %j is suggested the name %j", (helo, name) => {
  expect(suggestName(helo, "192.168.1.5", [{ name: "TAKEN" }])).toBe(name);
});
