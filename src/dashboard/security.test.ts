import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { hashPassword } from "../identity/passwords.ts";
import { renewSetupCode } from "./setup.ts";

let desk: TestDashboard;

beforeEach(async () => {
  desk = await openTestDashboard();
});

afterEach(async () => {
  await desk.close();
});

/** Every route of the app, with its parameters filled in. */
function routes(): { method: string; path: string }[] {
  const seen = new Set<string>();
  return desk.app.routes.flatMap(({ method, path }) => {
    const key = `${method} ${path}`;
    if (method === "ALL" || seen.has(key)) return [];
    seen.add(key);
    return [{
      method,
      path: path.replace(":id", "1Q4W").replace(":action", "hold").replace(":name", "app.css").replace(":number", "1"),
    }];
  });
}

const OPEN = new Set(["/sign-in", "/welcome", "/setup", "/sign-out", "/assets/app.css"]);

test("nobody gets anything without signing in, by any route", async () => {
  await desk.signIn();
  const all = routes();
  expect(all.length).toBeGreaterThan(20);
  for (const { method, path } of all) {
    if (OPEN.has(path)) continue;
    const response = await desk.ask(path, { method });
    if (path.startsWith("/api/") || path === "/metrics") {
      expect([path, response.status]).toEqual([path, 401]);
      expect(await response.json()).toMatchObject({ error: { code: "SIGN_IN_FIRST" } });
    } else {
      expect([path, response.status]).toEqual([path, 303]);
      expect(response.headers.get("location")).toMatch(/^\/sign-in/);
    }
  }
});

test("a viewer may look at everything and change nothing", async () => {
  await desk.signIn();
  const passwordHash = await hashPassword("look but leave");
  await desk.store.write("putUser", { name: "viewer", passwordHash, role: "viewer", createdAt: 0 });
  const body = new URLSearchParams({ name: "viewer", password: "look but leave" });
  const response = await desk.ask("/sign-in", { method: "POST", body });
  const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
  for (const { method, path } of routes()) {
    if (OPEN.has(path) || path.endsWith("/events")) continue;
    // One's own password and browsers are one's own.
    if (path.startsWith("/profile/") || path.startsWith("/api/v1/browsers")) continue;
    const { status } = await desk.ask(path, { method, cookie });
    if (method !== "GET") expect([path, status]).toEqual([path, 403]);
    // What is in a letter, who may sign in, and forms by which something is added or changed, are for owners alone.
    else if (
      /\/(content|source|text|html)$|\/attachments\/|\/-\/add$|\/access$|\/users$|\/tokens$|\/new$|\/edit$|^\/trials\//
        .test(path)
    ) {
      expect([path, status]).toEqual([path, 403]);
    } else expect([200, 303, 404]).toContain(status);
  }
  expect(await (await desk.ask("/queue", { cookie })).text()).not.toContain('method="post" action="/queue');
  expect(desk.asked).toEqual([]);
});

test("the cookie is for this host alone and out of reach of scripts; the database holds only its hash", async () => {
  const body = new URLSearchParams({
    code: desk.code,
    name: "anna",
    password: "correct horse",
    again: "correct horse",
  });
  const response = await desk.ask("/setup", { method: "POST", body });
  const cookie = response.headers.get("set-cookie")!;
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Strict/i);
  const token = /=([^;]+)/.exec(cookie)![1]!;
  expect(await desk.store.read("webSessionOf", { tokenHash: token })).toBeNull();
});

test("the set-up code works once, in any case, and not after a restart", async () => {
  const form = { name: "anna", password: "correct horse", again: "correct horse" };
  const setUp = async (code: string) => {
    const response = await desk.ask("/setup", { method: "POST", body: new URLSearchParams({ ...form, code }) });
    return [response.status, response.headers.get("location")];
  };
  const fresh = await renewSetupCode(desk.ports);
  expect(await setUp(desk.code)).toEqual([401, null]);
  expect(await setUp(fresh!.toLowerCase().replaceAll("-", " "))).toEqual([303, "/"]);
  expect(await setUp(fresh!)).toEqual([303, "/sign-in"]);
  expect(await renewSetupCode(desk.ports)).toBeNull();
});

test("two who set up at once with one code make one owner", async () => {
  const ask = (name: string) =>
    desk.ask("/setup", {
      method: "POST",
      body: new URLSearchParams({ code: desk.code, name, password: "correct horse", again: "correct horse" }),
    });
  const statuses = (await Promise.all([ask("anna"), ask("bernd")])).map((response) => response.status);
  expect(statuses.sort()).toEqual([303, 401]);
  expect(await desk.store.read("users", null)).toHaveLength(1);
});

test.each([
  [{ password: "short", again: "short" }, "at least 10 characters"],
  [{ again: "another one" }, "differ"],
  [{ name: "  " }, "A name is needed"],
])("a set-up with %j is refused with the reason", async (change, reason) => {
  const form = { code: desk.code, name: "anna", password: "correct horse", again: "correct horse", ...change };
  const response = await desk.ask("/setup", { method: "POST", body: new URLSearchParams(form) });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(reason);
});

test("guessing is slowed down, for known and unknown names alike", async () => {
  await desk.signIn();
  const tries = async (name: string, password: string) => {
    const body = new URLSearchParams({ name, password });
    return await desk.ask("/sign-in", { method: "POST", body });
  };
  const statuses: number[] = [];
  for (let guess = 0; guess < 6; guess++) statuses.push((await tries("nobody", `guess ${guess}`)).status);
  expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
  const late = await tries("anna", "correct horse");
  expect(late.status).toBe(429);
  expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
  desk.clock.ms += 60_000;
  expect((await tries("anna", "correct horse")).status).toBe(303);
});

test("guessing many at once gets no more answers than guessing one by one", async () => {
  await desk.signIn();
  const tries = Array.from({ length: 40 }, (_, guess) => {
    const body = new URLSearchParams({ name: "anna", password: guess === 30 ? "correct horse" : `guess ${guess}` });
    return desk.ask("/sign-in", { method: "POST", body });
  });
  const statuses = (await Promise.all(tries)).map((response) => response.status);
  expect(statuses.filter((status) => status !== 429)).toEqual([401, 401, 401, 401]);
});

test("those who sign in rightly behind one address do not slow each other down", async () => {
  await desk.signIn();
  for (let times = 0; times < 8; times++) {
    const body = new URLSearchParams({ name: "anna", password: "correct horse" });
    expect((await desk.ask("/sign-in", { method: "POST", body })).status).toBe(303);
  }
});

test("signing out ends the session on the server", async () => {
  const cookie = await desk.signIn();
  expect((await desk.ask("/queue", { cookie })).status).toBe(200);
  await desk.ask("/sign-out", { cookie, method: "POST" });
  expect((await desk.ask("/queue", { cookie })).status).toBe(303);
});

test("a session ends by itself", async () => {
  const cookie = await desk.signIn();
  desk.clock.ms += 31 * 86_400_000;
  expect((await desk.ask("/queue", { cookie })).status).toBe(303);
});
