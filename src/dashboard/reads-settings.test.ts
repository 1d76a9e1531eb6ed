import { expect, test } from "vitest";
import { loadSettings, reportSettings, settingsTable } from "../settings.ts";
import { keysThatAwaitStart } from "./reads-settings.ts";

function report(file: string) {
  const loaded = loadSettings("waypost.toml", {}, { readFile: () => file });
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  return reportSettings(settingsTable, loaded.written, loaded.settings, []);
}

test("what counts at a start alone is named where it has changed since, and nothing else is", () => {
  const started = report('[queue]\nlifetime = "1d"\n[[smtp.listen]]\naddress = "127.0.0.1:0"\n');
  const now = report(
    '[queue]\nlifetime = "2d"\n[dashboard]\ntrusted_hosts = ["post.example"]\n' +
      '[[smtp.listen]]\naddress = "127.0.0.1:0"\nauth = "off"\n[[smtp.listen]]\naddress = "127.0.0.1:2526"\n',
  );
  expect(keysThatAwaitStart(started, now)).toEqual([
    "[dashboard] trusted_hosts",
    "[[smtp.listen]] address",
    "[[smtp.listen]] tls",
  ]);
  expect(keysThatAwaitStart(started, started)).toEqual([]);
});
