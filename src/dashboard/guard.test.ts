import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { Hono } from "hono";
import { DashboardError } from "./errors.ts";
import { checkOrigin } from "./guard.ts";
import { safeNext } from "./identity.ts";

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterAll(async () => {
  await desk.close();
});

test.each(["evil.example", "evil.example:8025", "127.0.0.1.evil.example", "", "[::1", "waypost.lan@evil.example"])(
  "a request for the name %j is refused (DNS rebinding)",
  async (host) => {
    const response = await desk.ask("/sign-in", { headers: { host } });
    expect(response.status).toBe(421);
  },
);

test.each(["localhost:8025", "waypost.lan", "WAYPOST.lan:8025", "192.168.1.2", "[::1]:8025", "post.example.org"])(
  "a request for the name %j is ours",
  async (host) => {
    expect((await desk.ask("/sign-in", { headers: { host } })).status).toBe(200);
  },
);

test.each([
  [{ origin: "https://evil.example" }, 403],
  [{ origin: "null" }, 403],
  [{ origin: "http://127.0.0.1:9999" }, 403],
  [{ origin: "http://127.0.0.1:8025", "sec-fetch-site": "cross-site" }, 403],
  [{ origin: "http://127.0.0.1:8025", "sec-fetch-site": "same-site" }, 403],
  [{ origin: "http://127.0.0.1:8025", "sec-fetch-site": "same-origin" }, 200],
  [{ origin: "http://127.0.0.1:8025" }, 200],
] as [Record<string, string>, number][])(
  "a request that changes something, sent with %j, gets %i",
  async (headers, status) => {
    expect((await desk.ask("/api/v1/fetch", { cookie, method: "POST", headers })).status).toBe(status);
  },
);

test.each(["Basic YTpi", "Bearer x", "x"])(
  "a foreign page is refused whatever it says at the door: %s",
  async (authorization) => {
    const body = new URLSearchParams({ name: "anna", password: "correct horse" });
    for (const path of ["/sign-in", "/sign-out", "/welcome", "/setup"]) {
      const headers = { authorization, origin: "http://evil.example" };
      expect([path, (await desk.ask(path, { method: "POST", headers, body })).status]).toEqual([path, 403]);
    }
    const headers = { authorization: "Basic YTpi", origin: "http://evil.example" };
    expect((await desk.ask("/api/v1/fetch", { cookie, method: "POST", headers })).status).toBe(403);
  },
);

test.each([["http:", false, 200], ["https:", false, 200], ["http:", true, 403], ["https:", true, 200], [
  "data:",
  false,
  403,
]])(
  "where a page of %s//…, asks a dashboard that speaks TLS (%s), the answer is %i",
  async (scheme, secure, status) => {
    const app = new Hono();
    app.onError((error) => new Response(null, { status: error instanceof DashboardError ? error.status : 500 }));
    app.use(checkOrigin(secure)).post("/", (c) => c.text("done"));
    const headers = { host: "waypost.lan", origin: `${scheme}//waypost.lan` };
    expect((await app.request("/", { method: "POST", headers })).status).toBe(status);
  },
);

test("a HEAD leaves nothing open: no live view waits for a reader that never comes", async () => {
  for (let count = 0; count < 70; count++) {
    expect((await desk.ask("/api/v1/events", { cookie, method: "HEAD" })).status).toBe(200);
  }
  const live = await desk.ask("/api/v1/events", { cookie });
  expect(live.status).toBe(200);
  await live.body!.cancel();
});

test.each([["multipart/form-data", "x"], ["multipart/form-data; boundary=b", "x"], [
  "Multipart/Form-Data; boundary=b",
  "--b",
]])(
  "a form in parts that cannot be read (%s) is refused, and nothing is logged as a fault of ours",
  async (type, body) => {
    const headers = { "content-type": type };
    for (const path of ["/sign-in", "/api/v1/fetch"]) {
      expect([path, (await desk.ask(path, { cookie, method: "POST", headers, body })).status]).toEqual([path, 400]);
    }
  },
);

test("a form in parts that can be read is as good as any", async () => {
  const body = new FormData();
  for (const [name, value] of [["name", "anna"], ["password", "correct horse"]]) body.append(name!, value!);
  expect((await desk.ask("/sign-in", { method: "POST", body })).status).toBe(303);
});

test("a request without Origin and without a token is refused", async () => {
  const response = await desk.app.request("http://127.0.0.1/api/v1/fetch", {
    method: "POST",
    headers: { cookie, host: "127.0.0.1" },
  });
  expect(response.status).toBe(403);
});

test("every answer carries a policy without anything inline, errors too", async () => {
  for (const path of ["/setup", "/sign-in", "/nothing", "/assets/none", "/api/v1/queue", "/assets/app.css"]) {
    const { headers } = await desk.ask(path);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  }
});

test("a body that is too long is refused before it is read", async () => {
  const response = await desk.ask("/api/v1/fetch", { cookie, method: "POST", body: "x".repeat(20_000) });
  expect(response.status).toBe(413);
});

test.each([
  ["/queue?x=1", "/queue?x=1"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["/a\nb", "/"],
  [undefined, "/"],
])("after signing in %j leads to %j", (next, path) => {
  expect(safeNext(next)).toBe(path);
});
