import { isAbsolute } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "./command.ts";
import { readAssignments, requireEntry } from "./entry-changes.ts";

test("KEY=VALUE becomes numbers, flags, lists and text", () => {
  expect(readAssignments(["max_connections=3", "verify=false", 'senders=["a@b.example"]', "data_timeout=1m", "x=a=b"]))
    .toEqual({ max_connections: 3, verify: false, senders: ["a@b.example"], data_timeout: "1m", x: "a=b" });
});

test("the path of a certificate does not depend on where the server was started", () => {
  expect(isAbsolute(String(readAssignments(["ca=provider.pem"])["ca"]))).toBe(true);
});

test.each(["password=x", "password_file=x", "=1", "novalue", 'senders=["a"', "senders=[a]"])(
  "%s is refused, or is text",
  (assignment) => {
    if (assignment === 'senders=["a"') expect(readAssignments([assignment])).toEqual({ senders: '["a"' });
    else expect(() => readAssignments([assignment])).toThrow(UsageError);
  },
);

test("an entry of the file is not changed here, and the error says where it stands", () => {
  expect(() => requireEntry("upstream", "a", { origin: "file" }, "database", "/etc/w.toml")).toThrow("/etc/w.toml");
  expect(() => requireEntry("upstream", "a", { origin: "database" }, "new", undefined)).toThrow("already");
  expect(() => requireEntry("upstream", "a", undefined, "database", undefined)).toThrow("no upstream a");
  expect(() => requireEntry("upstream", "a", { origin: "database" }, "database", undefined)).not.toThrow();
});
