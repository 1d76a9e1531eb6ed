import { expect, test } from "vitest";
import { describeFetched } from "./fetch.ts";

const NAMES = { account: "alice@example.net", source: "private" };

test("a source that is paused is said to be, with the command that lets it go on", () => {
  const outcome = "paused: 24 of the 24 messages that were on the server are gone from its list";
  const text = describeFetched([{ ...NAMES, fetched: 0, octets: 0, removed: 0, paused: true, outcome }]);
  expect(text).toMatch(/alice@example\.net +private +0 +0 B +0 +paused\n/);
  expect(text).toContain(`alice@example.net, private: ${outcome}\n`);
  expect(text).toContain('"waypost fetch alice@example.net --resume"\n');
});

test("a source that could not be fetched has failed, and nothing is to be resumed", () => {
  const row = { ...NAMES, fetched: 0, octets: 0, removed: 0, paused: false, outcome: "-ERR [AUTH] no" };
  const text = describeFetched([row]);
  expect(text).toContain("failed\n");
  expect(text).not.toContain("--resume");
});
