/** The OpenAPI 3.1 description of the API, made from the schemas that read requests and describe answers. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { SCOPES } from "../identity/roles.ts";
import type { DescribedRoute } from "./api-route.ts";

/** A piece of JSON. */
export type Json = { readonly [key: string]: unknown };

const ERRORS: Readonly<Record<number, string>> = {
  400: "The request is not right: what was wrong, and what was expected",
  401: "Sign in first, or send a token",
  403: "Not allowed: the role, or a scope of the token, does not suffice",
  404: "There is no such thing",
  409: "Something stands against it",
  429: "Too many at a time, or within some minutes",
  503: "Not at the moment",
};
/** Errors that every route may give. */
const COMMON = [400, 401, 403] as const;

/** Describes routes; their paths may begin with `base`. */
export function describeApi(
  routes: readonly DescribedRoute[],
  { version, base }: { readonly version: string; readonly base: string },
): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = pathOf(route, base);
    paths[path] = { ...paths[path], [route.method]: operationOf(route, base) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Waypost",
      version,
      description: "What the dashboard of Waypost shows and does, for programs.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: base }],
    security: [{ token: [] }, { browser: [] }],
    tags: [...new Set(routes.map(tagOf))].sort().map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: `A token with the scope: ${SCOPES.join(", ")}` },
        browser: { type: "apiKey", in: "cookie", name: "waypost", description: "A browser that is signed in" },
      },
      schemas: {
        Error: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message"],
              properties: { code: { type: "string" }, message: { type: "string" } },
            },
          },
        },
      },
      responses: Object.fromEntries(
        Object.entries(ERRORS).map(([status, description]) => [
          `Error${status}`,
          { description, content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
        ]),
      ),
    },
  };
}

/** "/messages/{id}/fetch" */
export function pathOf({ path }: Pick<DescribedRoute, "path">, base: string): string {
  return (path.startsWith(`${base}/`) ? path.slice(base.length) : path).replaceAll(/:(\w+)/g, "{$1}");
}

function tagOf(route: DescribedRoute): string {
  return route.path.replace(/^\/api\/v1/, "").split("/")[1]!.replace(/\..*/, "");
}

function operationOf(route: DescribedRoute, base: string): Json {
  const { summary, description, who, scope, params, query, body, returns, errors = [] } = route;
  const parameters = [
    ...parametersOf("path", params),
    ...parametersOf("query", query),
  ];
  const content = "contentType" in returns
    ? { [returns.contentType]: { schema: { type: "string" } } }
    : { "application/json": { schema: schemaOf(returns) } };
  return {
    operationId: operationIdOf(route, base),
    tags: [tagOf(route)],
    summary,
    ...(description === undefined ? {} : { description }),
    "x-roles": who,
    security: [{ token: [scope] }, { browser: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : bodyOf(body)),
    responses: {
      200: { description: summary, content },
      ...Object.fromEntries(
        [...COMMON, ...errors].map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
      ),
    },
  };
}

function bodyOf(body: v.GenericSchema): Json {
  const schema = withKnownKeys(schemaOf(body));
  const isNeeded = Array.isArray(schema["required"]) && schema["required"].length > 0;
  return { requestBody: { required: isNeeded, content: { "application/json": { schema } } } };
}

/** Bodies are held to the keys that are named (known-keys.ts); schemas that take any say so. */
function withKnownKeys(schema: Json): Json {
  const { properties, additionalProperties } = schema;
  if (properties === undefined || additionalProperties !== undefined) return schema;
  const fields = Object.entries(properties as Record<string, Json>).map(([key, field]) => [key, withKnownKeys(field)]);
  return { ...schema, properties: Object.fromEntries(fields), additionalProperties: false };
}

/** "postMessagesIdFetch" */
function operationIdOf(route: DescribedRoute, base: string): string {
  const words = pathOf(route, base).split(/[^a-z]+/i).filter((word) => word !== "");
  return route.method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
}

/** The fields of a schema, as parameters. */
export function parametersOf(where: "path" | "query", schema: v.GenericSchema | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties, required } = schemaOf(schema);
  return Object.entries(properties as Record<string, Json>).map(([name, { description, ...field }]) => ({
    name,
    in: where,
    required: where === "path" || (required as string[] | undefined)?.includes(name) === true,
    ...(description === undefined ? {} : { description }),
    schema: field,
  }));
}

/** A schema of ours as JSON Schema 2020-12, as requests write it. */
export function schemaOf(schema: v.GenericSchema): Json {
  const { $schema: _, ...json } = toJsonSchema(schema, {
    typeMode: "input",
    errorMode: "ignore",
    target: "draft-2020-12",
  });
  return withoutEmpty(json) as Json;
}

/** Forms may send "" for what is not given: nobody who writes JSON needs to know. */
function withoutEmpty(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutEmpty);
  if (typeof json !== "object" || json === null) return json;
  const { anyOf, ...rest } = json as { anyOf?: readonly Json[] } & Json;
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutEmpty(value)]));
  if (anyOf === undefined) return plain;
  const left = anyOf.filter((one) => one["const"] !== "");
  return left.length === 1
    ? { ...withoutEmpty(left[0]) as Json, ...plain }
    : { ...plain, anyOf: left.map(withoutEmpty) };
}
