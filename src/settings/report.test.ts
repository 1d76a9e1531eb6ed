import { expect, test } from "vitest";
import { loadSettings, reportSettings, settingsTable } from "../settings.ts";

const FILE = `hostname = "relay.example"
[smtp]
command_timeout = "1m"
[[smtp.listen]]
address = "127.0.0.1:0"
[[smtp.listen]]
address = "127.0.0.1:2526"
tls = "off"
[store]
auth_token = "geheim"
[[alias]]
recipient = "root"
to = "alice@example.net"
[[account]]
login = "alice"
password = "secret"
`;

function report(file: string) {
  const loaded = loadSettings("waypost.toml", {}, { readFile: () => file });
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  return reportSettings(settingsTable, loaded.written, loaded.settings, ["account"]);
}

test("each value says where it comes from, and secrets only that they are there", () => {
  const sections = report(FILE);
  const rowOf = (header: string, key: string, index = 0) =>
    sections.find((section) => section.header === header)!.tables[index]!.find((row) => row.key === key);
  expect(rowOf("", "hostname")).toMatchObject({ value: '"relay.example"', from: "file", line: 1 });
  expect(rowOf("", "data_dir")).toMatchObject({ from: "derived", line: null });
  expect(rowOf("[smtp]", "command_timeout")).toMatchObject({ value: '"1m"', preset: '"5m"', line: 3 });
  expect(rowOf("[smtp]", "data_timeout")).toMatchObject({ value: '"5m"', from: "default", range: "1s to 1h" });
  expect(rowOf("[[smtp.listen]]", "tls")).toMatchObject({ value: '"starttls"', from: "default" });
  expect(rowOf("[[smtp.listen]]", "tls", 1)).toMatchObject({ value: '"off"', from: "file", line: 8 });
  expect(rowOf("[store]", "auth_token")).toMatchObject({ value: "(secret)", from: "file", line: 10 });
  expect(rowOf("[[alias]]", "to")).toMatchObject({ value: '"alice@example.net"' });
  expect(sections.find(({ header }) => header === "[[account]]")).toMatchObject({ count: 1, line: 14, tables: [] });
  expect(JSON.stringify(sections)).not.toContain("geheim");
});

test("without a file the defaults are shown, of the listeners too", () => {
  const sections = report("");
  expect(sections.flatMap(({ tables }) => tables.flat()).filter(({ from }) => from === "file")).toEqual([]);
  const [listener] = sections.find(({ header }) => header === "[[smtp.listen]]")!.tables;
  expect(listener!.find(({ key }) => key === "address")).toMatchObject({ value: '"127.0.0.1:2525"', from: "default" });
});
