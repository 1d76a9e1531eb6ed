import { Validator } from "@seriousme/openapi-schema-validator";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { describedRoutes } from "./api-route.ts";
import { documentApi, routesOfApi } from "./document-api.ts";
import { type Json, schemaOf } from "./openapi.ts";
import { overviewQuery } from "./input.ts";

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterAll(async () => {
  await desk.close();
});

async function description(): Promise<Json> {
  return await (await desk.ask("/api/v1/openapi.json", { cookie })).json() as Json;
}

test("the description is sound OpenAPI 3.1, as an independent validator finds", async () => {
  const found = await new Validator().validate(await description());
  expect(found.errors ?? []).toEqual([]);
  expect(found.valid).toBe(true);
});

test("every route that is mounted is described, and nothing else is", async () => {
  const paths = (await description())["paths"] as Record<string, Json>;
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} /api/v1${path.replaceAll(/\{(\w+)\}/g, ":$1")}`)
  );
  const mounted = desk.app.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
    .map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual([...new Set(mounted)].sort());
});

test("every parameter of a path is described, and every operation has a name of its own", async () => {
  const paths = (await description())["paths"] as Record<string, Record<string, Json>>;
  const names: unknown[] = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const { operationId, parameters } of Object.values(operations)) {
      names.push(operationId);
      const inPath = (parameters as Json[] | undefined ?? []).filter((one) => one["in"] === "path");
      expect([path, inPath.map((one) => one["name"]).sort()]).toEqual([
        path,
        [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort(),
      ]);
    }
  }
  expect(new Set(names).size).toBe(names.length);
});

test("what a form may leave empty is not told to programs", () => {
  expect(JSON.stringify(schemaOf(overviewQuery))).not.toContain('"const":""');
});

test("the file in docs is made from the same routes as the server mounts", () => {
  const ofServer = describedRoutes(desk.app).map(({ method, path }) => `${method} ${path}`).sort();
  expect(routesOfApi().map(({ method, path }) => `${method} /api/v1${path}`).sort()).toEqual(ofServer);
  expect(documentApi()).toContain("`GET /sessions/{id}`");
});

test("every answer is as it is described, field by field", async () => {
  const ids = ["waiting", "delivered", "cached", "mailbox", "completed", "failed"] as const;
  let answers = 0;
  for (const { method, path, params, returns } of describedRoutes(desk.app)) {
    if (method !== "get" || "contentType" in returns) continue;
    const paths = params === undefined ? [path] : ids.map((name) => path.replace(/:\w+/, formatId(desk.known[name])));
    for (const one of paths) {
      const response = await desk.ask(one, { cookie });
      if (response.status !== 200) continue;
      answers++;
      const body = await response.json();
      const read = v.safeParse(returns, body);
      expect([one, read.issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)]).toEqual([one, undefined]);
      // A field that no schema names is left out of what was read.
      expect([one, read.output]).toEqual([one, body]);
    }
  }
  expect(answers).toBeGreaterThan(15);
});
