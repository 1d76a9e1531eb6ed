import type { createDashboard } from "../../src/dashboard/app.ts";
import { type Filled, UPSTREAM } from "./scale-data.ts";

/** What is asked for by GET and not among the paths, but what streams without end; its parameters filled in. */
export function otherPaths(
  app: ReturnType<typeof createDashboard>,
  paths: readonly string[],
  filled: Filled,
): string[] {
  const routes = app.routes.filter(({ method }) => method === "GET").map((route) => route.path);
  return [...new Set(routes)].filter((route) => !route.startsWith("/assets") && !route.endsWith("/events"))
    .filter((route) => !paths.some((target) => matches(route, target)))
    .map((route) =>
      route.replaceAll(/:[^/]+/g, route.includes("mailboxes") ? filled.largeMailbox : filled.cachedMessage)
    );
}

function matches(route: string, target: string): boolean {
  return new RegExp(`^${route.replaceAll(/:[^/]+/g, "[^/]+")}$`).test(target.split("?")[0]!);
}

/** Every page and route of the API, with filters that people use, first and last pages. */
export function pathsOf(filled: Filled): string[] {
  const hops = ["smtp-server", "smtp-client", "pop3-client", "pop3-server"];
  const ranges = ["hour", "day", "week", "month"];
  const near = filled.oldestSession.slice(0, -1) + "Z";
  const sessions = [
    "",
    ...hops.map((hop) => `?hop=${hop}`),
    "?outcome=unfinished",
    "?outcome=completed",
    "?outcome=timeout",
    "?outcome=open",
    ...hops.map((hop) => `?hop=${hop}&outcome=unfinished`),
    ...hops.map((hop) => `?hop=${hop}&outcome=timeout`),
    ...["establishment", "transfer", "termination", "authorization", "transaction", "update"].map((phase) =>
      `?phase=${phase}`
    ),
    "?hop=smtp-client&phase=transfer&outcome=unfinished",
    "?hop=smtp-server&phase=update",
    `?hop=smtp-client&peer=${UPSTREAM}`,
    `?hop=smtp-client&peer=nobody`,
    `?hop=smtp-client&peer=${UPSTREAM}&outcome=unfinished`,
    `?hop=smtp-client&peer=nobody&outcome=unfinished`,
    "?hop=smtp-server&peer=192.168.0.7&phase=establishment",
    `?hop=smtp-server&peer=192.168.0.7&outcome=refused`,
    `?before=${filled.middleSession}`,
    `?before=${near}`,
    `?hop=pop3-server&before=${filled.middleSession}`,
    `?hop=pop3-server&before=${near}&phase=update`,
    `?hop=smtp-client&outcome=unfinished&before=${near}`,
    "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z",
    "?from=2030-01-01T00:00:00Z",
    "?to=2026-01-01T00:00:00Z&phase=transfer",
  ];
  const traffic = hops.flatMap((hop) => ranges.map((range) => `?hop=${hop}&range=${range}`));
  const peers = ranges.flatMap((range) => [
    `?hop=smtp-client&range=${range}&peer=${UPSTREAM}`,
    `?hop=smtp-server&range=${range}&peer=192.168.0.7`,
    `?hop=pop3-client&range=${range}&peer=nobody`,
  ]);
  const messages = [
    "",
    `?before=${filled.middleMessage}`,
    `?before=${near}`,
    ...["waiting", "held", "delivered", "bounced", "removed", "unread", "read", "deleted"].map((state) =>
      `?state=${state}`
    ),
    "?state=delivered&direction=out",
    "?direction=in",
    "?from=user7@example.net",
    "?to=person5@example.org&state=held",
    "?subject=letter&direction=in",
    "?since=2026-01-01&until=2026-02-01",
    ...[
      "meeting",
      "m",
      "nothing-has-this",
      "user7@example.net",
      '"31 of the 7th"',
      "199999@laptop.example",
      "100@sender.example",
      "meeting is:removed",
      "meeting is:held to:person5",
      "letter meeting",
      "word1 word2 word3",
      "example before:2020-01-01",
      "subject:meeting after:2030-01-01",
      filled.middleMessage,
    ].map((q) => `?q=${encodeURIComponent(q)}`),
    `?q=meeting&before=${filled.middleMessage}`,
    `?q=meeting&before=${near}`,
  ];
  const queue = [
    "",
    "?limit=500",
    "?state=held",
    "?state=waiting",
    "?sender=user7@example.net",
    "?sender=nobody@example.net",
    "?recipient=*@example.org",
    "?recipient=nobody@*",
    `?upstream=${UPSTREAM}`,
    "?upstream=nobody",
    "?age=10d",
    "?age=100d",
    "?sender=nobody@*&recipient=nobody@*&state=held&age=1h",
  ];
  const details = [
    ...[filled.newestSession, filled.middleSession, filled.oldestSession, filled.failedSession].map((id) =>
      `/sessions/${id}`
    ),
    ...[filled.waitingMessage, filled.deliveredMessage, filled.middleMessage, filled.cachedMessage, filled.middleCached]
      .map((id) => `/messages/${id}`),
    `/mailboxes/${filled.largeMailbox}`,
    `/mailboxes/${filled.smallMailbox}`,
  ];
  const both = [
    ...sessions.map((query) => `/sessions${query}`),
    ...[...traffic, ...peers].map((query) => `/traffic${query}`),
    ...messages.map((query) => `/messages${query}`),
    ...queue.map((query) => `/queue${query}`),
    ...details,
    "/mailboxes",
    "/logins",
    "/accounts",
    "/devices",
    "/routes",
    "/settings",
    "/changes",
  ];
  return [
    ...["", ...ranges.map((range) => `?chart=${range}`)].map((query) => `/${query}`),
    ...both,
    "/sign-in",
    "/access",
    "/profile",
    ...["", ...ranges.map((range) => `?chart=${range}`)].map((query) => `/api/v1/overview${query}`),
    ...both.map((target) => `/api/v1${target}`),
    "/api/v1/upstreams",
  ];
}
