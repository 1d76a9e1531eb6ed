import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";

let desk: TestDashboard;
let cookie: string;

beforeEach(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterEach(() => desk.close());

const take = (path: string, coding: string) => desk.ask(path, { cookie, headers: { "accept-encoding": coding } });

test.each(["/", "/api/v1/overview"])("%s comes compressed to who takes it, and says the same", async (path) => {
  const plain = await take(path, "identity");
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(plain.headers.get("vary")).toContain("accept-encoding");
  const packed = await take(path, "br, gzip");
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("content-type")).toBe(plain.headers.get("content-type"));
  expect(packed.headers.get("content-security-policy")).toBe(plain.headers.get("content-security-policy"));
  expect(packed.headers.get("cache-control")).toBe("no-store");
  const text = await plain.text();
  const octets = new Uint8Array(await packed.arrayBuffer());
  expect(gunzipSync(octets).toString("utf8")).toBe(text);
  expect(octets.length).toBeLessThan(text.length / 2);
});

test("what is small, a redirect, a stream and an error page are left as they are or say the same", async () => {
  expect((await take("/api/v1/upstreams", "gzip")).headers.get("content-encoding")).toBeNull();
  const stream = await take("/api/v1/events", "gzip");
  expect(stream.headers.get("content-encoding")).toBeNull();
  await stream.body?.cancel();
  const missing = await take("/nothing-here", "gzip");
  expect(missing.status).toBe(404);
  const text = missing.headers.get("content-encoding") === "gzip"
    ? gunzipSync(new Uint8Array(await missing.arrayBuffer())).toString("utf8")
    : await missing.text();
  expect(text).toContain("</html>");
});
