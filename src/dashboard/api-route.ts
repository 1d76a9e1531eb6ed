/** Routes of the JSON API: each is declared with the schemas that read its input and describe its answer. */
import type { Context, Hono } from "hono";
import * as v from "valibot";
import { declare } from "./access.ts";
import type { DashboardEnv, Identity } from "./identity.ts";
import { parseJson, read } from "./input.ts";
import { toApi } from "./json.ts";
import { refuseUnknownKeys } from "./known-keys.ts";
import type { Role, Scope } from "../identity/roles.ts";

/** What an API route is, for the guard and for the OpenAPI description. */
export interface ApiDeclaration {
  /** What it does, in a few words: "Messages of the queue". */
  readonly summary: string;
  /** What the summary leaves open. */
  readonly description?: string;
  readonly who: readonly ["owner", ...Role[]];
  /** What a token must be allowed to. */
  readonly scope: Scope;
  /** Of the path: every `:name` in it. */
  readonly params?: v.GenericSchema;
  readonly query?: v.GenericSchema;
  /** Of the JSON body; none sent is read as an empty object. */
  readonly body?: v.GenericSchema;
  /** The answer as the handler gives it, or what type of content it is. */
  readonly returns: v.GenericSchema | { readonly contentType: string };
  /** Statuses of errors beyond those that every route may give (400, 401, 403). */
  readonly errors?: readonly (404 | 409 | 429 | 503)[];
}

/** A request whose input was read. */
export interface ApiRequest<Declared extends ApiDeclaration> {
  readonly c: Context<DashboardEnv>;
  readonly identity: Identity;
  readonly params: OutputOf<Declared["params"]>;
  readonly query: OutputOf<Declared["query"]>;
  readonly body: OutputOf<Declared["body"]>;
}

type OutputOf<Schema> = Schema extends v.GenericSchema ? v.InferOutput<Schema> : undefined;
type Method = "get" | "post" | "put" | "patch" | "delete";

/** A mounted API route as the description knows it. */
export interface DescribedRoute extends ApiDeclaration {
  readonly method: string;
  readonly path: string;
}

/** Of a route that needs none: nothing that a body says would be heeded. */
const NO_BODY = v.object({});

const declared = new WeakMap<object, ApiDeclaration>();

/**
 * Adds an API route. The handler gives a model, which is written as json.ts says, or an answer of its own.
 *
 *     api(app, "get", "/queue", { summary, who: ["owner", "viewer"], scope: "read", query: input.queueQuery,
 *       returns: output.queue }, async ({ query }) => await readQueue(ports, query.limit));
 */
export function api<const Declared extends ApiDeclaration>(
  app: Hono<DashboardEnv>,
  method: Method,
  path: string,
  declaration: Declared,
  handler: (request: ApiRequest<Declared>) => unknown,
): void {
  const handle = async (c: Context<DashboardEnv>) => {
    const { params, query, body } = declaration;
    const request = {
      c,
      identity: c.get("identity"),
      params: params && read(params, c.req.param()),
      query: query && read(query, c.req.query()),
      body: await bodyOf(c, method, body),
    };
    const answer = await handler(request as ApiRequest<Declared>);
    return answer instanceof Response ? answer : c.json(toApi(answer) as object);
  };
  declared.set(handle, declaration);
  app.on(method.toUpperCase(), path, declare(handle, declaration));
}

/** The body of a request. @throws DashboardError 400, also where it has a key that is not known */
async function bodyOf(c: Context, method: Method, schema: v.GenericSchema | undefined): Promise<unknown> {
  if (method === "get") return undefined;
  const body = parseJson(await c.req.text());
  refuseUnknownKeys(schema ?? NO_BODY, body);
  return schema && read(schema, body);
}

/** The API routes of an app, in the order in which they were added. */
export function describedRoutes(app: Hono<DashboardEnv>): DescribedRoute[] {
  return app.routes.flatMap(({ method, path, handler }) => {
    const declaration = declared.get(handler);
    return declaration ? [{ ...declaration, method: method.toLowerCase(), path }] : [];
  });
}
