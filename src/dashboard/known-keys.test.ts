import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_TOKEN, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { refuseUnknownKeys } from "./known-keys.ts";
import { describedRoutes } from "./api-route.ts";

let desk: TestDashboard;
beforeAll(async () => void (desk = await openTestDashboard()));
afterAll(() => desk.close());

async function ask(method: string, path: string, body: unknown) {
  const headers = { authorization: `Bearer ${LOCAL_TOKEN}`, "content-type": "application/json" };
  const answer = await desk.ask(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

test("a key that is not known is refused with its place and the one that was meant", () => {
  const schema = v.pipe(
    v.object({ name: v.optional(v.string()), entry: v.optional(v.object({ host: v.string() })) }),
    v.check(() => true),
  );
  expect(() => refuseUnknownKeys(schema, { name: "a", entry: { host: "b" } })).not.toThrow();
  expect(() => refuseUnknownKeys(schema, { nmae: "a" })).toThrow(
    'nmae: nothing is known of that key, expected a known key; did you mean "name"?',
  );
  expect(() => refuseUnknownKeys(schema, { entry: { colour: 1 } })).toThrow(
    "entry.colour: nothing is known of that key, expected one of host",
  );
  for (const key of ["constructor", "__proto__"]) {
    expect(() => refuseUnknownKeys(schema, JSON.parse(`{"${key}": 1}`))).toThrow(key);
  }
  for (const other of [[], "text", 7, null]) expect(() => refuseUnknownKeys(schema, other)).not.toThrow();
  expect(() => refuseUnknownKeys(v.looseObject({}), { any: 1 })).not.toThrow();
});

test.each([
  ["POST", "/queue/actions", { action: "hold", all: true, sendr: "a" }, "sendr"],
  ["POST", "/fetch", { acount: "anna@example.net" }, "acount"],
  ["POST", "/users", { name: "x", role: "viewer", acount: "a" }, "acount"],
  ["POST", "/upstreams", { name: "x", host: "smtp.example.org", prot: 25 }, "prot"],
  ["POST", "/accounts", { login: "x@example.net", pasword: "secret word" }, "pasword"],
  ["PATCH", "/users/anna", { role: "viewer", name: "b" }, "name"],
  ["POST", "/reload", { now: true }, "now"],
])("%s %s with a body of %j is refused, and nothing is done", async (method, path, body, key) => {
  const { status, text } = await ask(method, path, body);
  expect([status, text]).toEqual([400, expect.stringContaining(key)]);
  expect(text).toContain("expected");
  expect(desk.asked).toEqual([]);
});

test("an action on one message says that it needs no body, instead of passing one over", async () => {
  const path = `/queue/${formatId(desk.known.waiting)}/hold`;
  expect(await ask("POST", path, { by: "backup" })).toMatchObject({ status: 400 });
  expect(await ask("POST", path, {})).toMatchObject({ status: 200 });
});

test("every route that takes a body holds it to its keys", async () => {
  const routes = describedRoutes(desk.app).filter(({ method }) => method !== "get");
  expect(routes.length).toBeGreaterThan(20);
  for (const { method, path } of routes) {
    const known: Record<string, string> = {
      ":id": formatId(desk.known.waiting),
      ":action": "hold",
      ":name": "provider",
    };
    const filled = path.replace("/api/v1", "").replaceAll(/:\w+/g, (part) => known[part] ?? "anna@example.net");
    const { status, text } = await ask(method.toUpperCase(), filled, { "no such key": 1 });
    expect([path, status, text]).not.toEqual([path, 200, expect.anything()]);
  }
});
