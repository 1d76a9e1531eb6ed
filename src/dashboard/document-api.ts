/** docs/api.md, made from what the routes say of themselves. */
import { createApi } from "./api.ts";
import { type DescribedRoute, describedRoutes } from "./api-route.ts";
import type { Desk } from "./desk.ts";
import { type Json, parametersOf, pathOf, schemaOf } from "./openapi.ts";

const INTRODUCTION = `<!-- Made by "waypost docs" from the routes in src/dashboard: change it there. -->

# The JSON API

What the dashboard shows and does, for programs: \`http://127.0.0.1:8025/api/v1/…\`. The running server describes it as
OpenAPI 3.1 at \`/api/v1/openapi.json\`, with every field of every answer.

Programs send \`Authorization: Bearer TOKEN\`: a token made at Users & tokens of the dashboard, or by
\`waypost token add NAME --scope read,queue\`. It may do what its scopes say: \`read\` (what a viewer sees), \`content\`
(letters), \`queue\` (act on the queue), \`mailboxes\` (fetch, restore, send again), \`settings\` (everything that is set up),
\`access\` (users and tokens, so all the others), \`metrics\` (\`/metrics\` for Prometheus). Browsers send the dashboard's
cookie; a request that changes something and carries no token must come from the dashboard's own pages (\`Origin\` or
\`Sec-Fetch-Site\`). What is not a person's own is not there for a person: \`404\`.

Everywhere:

- Ids (\`id\`, \`…Id\`) are text, the same as people see: \`"39B30MG400"\`.
- Times (\`at\`, \`…At\`) are ISO 8601 in UTC: \`"2026-06-01T14:05:00.000Z"\`. Durations (\`…Ms\`) are milliseconds, sizes and
  \`octets…\` are octets. \`minutes\` of the chart count from 1970-01-01T00:00Z.
- A \`hop\` is \`smtp-server\`, \`smtp-client\`, \`pop3-client\` or \`pop3-server\`; a \`phase\` is \`establishment\`, \`transfer\`,
  \`termination\` (SMTP), \`authorization\`, \`transaction\`, \`update\` (POP3).
- What is not known or does not apply is \`null\`.
- A body is held to its keys: one that is not known is refused (\`BAD_INPUT\`), and nothing is done.
- What came of an attempt is what the server said, with its code, or Waypost's own words where it could not ask the server
  (\`lastReplyBy\`: \`server\`, \`waypost\`). Where \`awaits\` names an upstream that is away, mail goes as soon as it answers
  (it is asked again at \`askedAt\`), at the latest at \`nextAttemptAt\`.
- Errors are \`{"error": {"code": "BAD_INPUT", "message": "…"}}\` with the status that fits. Codes: \`BAD_INPUT\` (400),
  \`SIGN_IN_FIRST\` (401), \`NOT_ALLOWED\`, \`SCOPE_MISSING\`, \`WRONG_ORIGIN\` (403), \`NOT_FOUND\` (404), \`CONFLICT\` (409),
  \`IN_FILE\`, \`STILL_NAMED\`, \`NOT_DELETED\` (409), \`TOO_LARGE\` (413), \`WRONG_HOST\` (421), \`TEST_UNDER_WAY\`, \`TOO_MANY_TESTS\` (429),
  \`INTERNAL\` (500), \`STORE\`, \`TOO_MANY_STREAMS\` (503).

`;

/** The file. */
export function documentApi(): string {
  const rows = routesOfApi().map(rowOf).join("");
  return `${INTRODUCTION}| request | who (scope) | what it does and gives |\n|---|---|---|\n${rows}`;
}

/** The routes of the API, without a server behind them: only what they say of themselves is used. */
export function routesOfApi(): DescribedRoute[] {
  return describedRoutes(createApi(stub() as Desk));
}

/** Something that may be asked for any part and gives such a thing again. */
function stub(): unknown {
  return new Proxy(() => undefined, { get: () => stub(), apply: () => stub() });
}

function rowOf(route: DescribedRoute): string {
  const { method, who, scope, summary, description, query, body, returns } = route;
  const asked = parametersOf("query", query).map(({ name }) => `${name}=`).join("&");
  const request = `\`${method.toUpperCase()} ${pathOf(route, "")}${asked === "" ? "" : `?${asked}`}\``;
  const told = [
    `${summary}.`,
    body === undefined ? "" : `Body: ${fieldsOf(schemaOf(body))}.`,
    "contentType" in returns ? `Gives \`${returns.contentType}\`.` : `Gives ${fieldsOf(schemaOf(returns))}.`,
    description ?? "",
  ];
  const text = told.filter((part) => part !== "").join(" ").replaceAll("|", "\\|");
  return `| ${request} | ${who.join(", ")} (\`${scope}\`) | ${text} |\n`;
}

/** The fields of an object, those that may be left out with a question mark. */
function fieldsOf({ properties, required, anyOf, oneOf }: Json): string {
  const choices = (anyOf ?? oneOf) as readonly Json[] | undefined;
  if (properties === undefined && choices) return choices.map(fieldsOf).join(", or ");
  const needed = (required as readonly string[] | undefined) ?? [];
  const names = Object.keys(properties as Json | undefined ?? {});
  if (names.length === 0) return "an object";
  return names.map((name) => `\`${name}${needed.includes(name) ? "" : "?"}\``).join(", ");
}
