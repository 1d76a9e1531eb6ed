import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { sections } from "../../web/navigation.ts";
import { ROLES } from "../identity/roles.ts";
import { type Access, accessOf, mayUse } from "./access.ts";
import { describedRoutes } from "./api-route.ts";

let desk: TestDashboard;

beforeAll(async () => {
  desk = await openTestDashboard();
});

afterAll(async () => {
  await desk.close();
});

/** What is open to everybody: the door and what it looks like. */
const BEFORE_THE_DOOR = new Set(["/sign-in", "/welcome", "/setup", "/sign-out", "/assets/:name"]);
/** What those who change nothing may change all the same: what is their own. */
const OWN_THINGS = new Set(["/profile/password", "/profile/browsers/end", "/api/v1/browsers/:key"]);

/** Every route behind the door with what it was declared with. */
function routes(): { name: string; method: string; path: string; access: Access | null }[] {
  const found = new Map<string, { name: string; method: string; path: string; access: Access | null }>();
  for (const { method, path, handler } of desk.app.routes) {
    if (method === "ALL" || BEFORE_THE_DOOR.has(path)) continue;
    const name = `${method} ${path}`;
    const access = found.get(name)?.access ?? accessOf(handler);
    found.set(name, { name, method, path, access });
  }
  return [...found.values()];
}

test("every route says who may use it", () => {
  const silent = routes().filter(({ access }) => access === null).map(({ name }) => name);
  expect(silent, "say it by allow(…) of access.ts (pages) or by api(…) of api-route.ts").toEqual([]);
});

test("every route of the API is declared with its input and its answer", () => {
  const described = new Set(describedRoutes(desk.app).map(({ method, path }) => `${method.toUpperCase()} ${path}`));
  const mounted = routes().map(({ name }) => name).filter((name) => name.includes(" /api/"));
  expect(mounted.length).toBeGreaterThan(15);
  expect(mounted.filter((name) => !described.has(name))).toEqual([]);
});

test("viewers change nothing but what is their own", () => {
  const changing = routes().filter(({ method, access }) => method !== "GET" && access?.who.includes("viewer"));
  expect(changing.map(({ path }) => path).filter((path) => !OWN_THINGS.has(path))).toEqual([]);
});

test("the navigation leads nobody to a page that is closed to them, and to all others", () => {
  const pages = new Map(routes().filter(({ method }) => method === "GET").map(({ path, access }) => [path, access]));
  for (const role of ROLES) {
    const shown = sections(role).flatMap(({ tabs }) => tabs.map(({ path }) => path));
    for (const path of shown) {
      expect([role, path, mayUse({ role, scopes: null }, pages.get(path) ?? null)]).toEqual([role, path, true]);
    }
    const all = sections("owner").flatMap(({ tabs }) => tabs.map(({ path }) => path));
    const open = all.filter((path) => path !== "/" && mayUse({ role, scopes: null }, pages.get(path) ?? null));
    expect(shown.filter((path) => path !== "/")).toEqual(open);
  }
});
