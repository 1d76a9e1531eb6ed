/* Every route, asked by everybody who may not see what is asked for. */
import { Buffer } from "node:buffer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { SessionLog } from "../dialogue/session.ts";
import { phasesOf } from "../dialogue/phases.ts";
import { hashPassword } from "../identity/passwords.ts";
import { SCOPES } from "../identity/roles.ts";
import { addToken } from "../identity/tokens.ts";
import { createIds, formatId } from "../store/ids.ts";
import { accessOf } from "./access.ts";
import { METRICS_PATH } from "./identity.ts";

let desk: TestDashboard;
/** What is Anna's alone: nobody who may not see it gets any of these words. */
let secrets: string[];
/** What a path or a query may name of hers. */
let names: string[];
const own: Record<string, string> = {};
const BODY = "OKAPI-IN-THE-BODY";

beforeAll(async () => {
  desk = await openTestDashboard();
  await desk.signIn();
  const nextId = createIds(desk.clock, 7);
  const hers = await mailOf("anna@example.net", "Quagga", nextId);
  Object.assign(own, await mailOf("bernd@example.net", "Gnu", nextId));
  await desk.recorder.flush();
  const ids = [...Object.values(hers), ...Object.values(desk.known).map(formatId)];
  secrets = [
    "Quagga",
    BODY,
    "team@example.org",
    "mum@example.com",
    "Minutes of the meeting",
    "anna@example.net",
    ...ids,
  ];
  names = [...ids, "anna@example.net", "provider"];
  await desk.store.write("addUser", {
    name: "bernd",
    passwordHash: await hashPassword("bernd of the herd"),
    role: "person",
    account: "bernd@example.net",
    createdAt: 0,
  });
  await desk.store.write("addUser", {
    name: "viewer",
    passwordHash: await hashPassword("look but leave"),
    role: "viewer",
    createdAt: 0,
  });
});

afterAll(async () => {
  await desk.close();
});

/** Gives an account a sent message, a mailbox with a message, and a session of each; their ids. */
async function mailOf(account: string, animal: string, nextId: () => number): Promise<Record<string, string>> {
  const at = desk.clock.now();
  const peer = { address: "192.168.1.7", port: 1 };
  const session = (hop: "smtp-server" | "pop3-client") => {
    const start = { id: nextId(), hop, peer, localPort: 1, account, peerName: `${animal} laptop` };
    const log = new SessionLog(start, desk.recorder, desk.clock);
    for (const phase of phasesOf(hop)) {
      log.enter(phase);
      log.command(`NOOP ${animal}`);
    }
    log.messages = 1;
    log.end("completed");
    return log.id;
  };
  const [sending, fetching] = [session("smtp-server"), session("pop3-client")];
  const octets = Buffer.from(`Subject: ${animal}\r\n\r\n${animal} ${account.startsWith("anna") ? BODY : "body"}\r\n`);
  const message = nextId();
  await desk.store.write("acceptMessage", {
    message: {
      ...{ id: message, origin: "relay", sender: account, size: octets.length, body: "7bit", doneAt: null },
      ...{ messageId: `${animal}@sent`, subject: `${animal} sent`, receivedAt: at, sessionId: sending, account },
      clientAddress: "192.168.1.7",
    },
    recipients: [{
      ...{ messageId: message, position: 0, address: `${animal}@friends.example`, state: "waiting", attempts: 0 },
      ...{ nextAttemptAt: at, leaseOwner: null, upstream: null, lastReply: null, changedAt: at },
    }],
    octets: new Uint8Array(octets),
  });
  const mailboxId = await desk.store.write("ensureMailbox", { id: nextId(), account, source: `${animal} source` });
  const cached = nextId();
  await desk.store.write("storeFetched", {
    message: {
      ...{ id: cached, mailboxId, uidl: `${animal}-1`, size: octets.length, messageId: `${animal}@got` },
      ...{ sender: `${animal}@zoo.example`, subject: `${animal} got`, fetchedAt: at, sessionId: fetching },
      ...{ deletedAt: null, readBySessionId: null },
    },
    ledger: {
      ...{ mailboxId, uidl: `${animal}-there`, state: "stored", mailboxMessageId: cached, size: octets.length },
      ...{ storedAt: at, changedAt: at },
    },
    octets: new Uint8Array(octets),
  });
  const found = { sending, fetching, message, mailbox: mailboxId, cached };
  return Object.fromEntries(Object.entries(found).map(([name, id]) => [name, formatId(id)]));
}

async function signIn(name: string, password: string): Promise<string> {
  const response = await desk.ask("/sign-in", { method: "POST", body: new URLSearchParams({ name, password }) });
  expect(response.status).toBe(303);
  return response.headers.get("set-cookie")!.split(";")[0]!;
}

/** Every route, each of its parameters filled with everything of Anna's; of those that change things, by form and JSON. */
function requests(): { method: string; route: string; path: string }[] {
  const seen = new Set<string>();
  return desk.app.routes.flatMap(({ method, path: route }) => {
    const key = `${method} ${route}`;
    if (method === "ALL" || seen.has(key) || route === "/assets/:name" || route.endsWith("/events")) return [];
    seen.add(key);
    return filled(route).map((path) => ({ method, route, path }));
  });
}

function filled(route: string): string[] {
  if (!route.includes(":")) return [route];
  const parameter = /:\w+/.exec(route)![0];
  const values = parameter === ":action" ? ["hold", "retry", "remove"] : names;
  return values.flatMap((value) => filled(route.replace(parameter, encodeURIComponent(value))));
}

/** What a request may say beside its path: all that could name something of Anna's. */
function wishes(): Record<string, string> {
  return {
    ...{ account: "anna@example.net", source: "Quagga source", login: "anna@example.net", name: "anna", role: "owner" },
    ...{ id: names[2]!, message: names[4]!, action: "hold", sender: "*", recipient: "*", resume: "true" },
  };
}

const ENDS_THE_SESSION = new Set(["/sign-out", "/profile/browsers/end", "/profile/password"]);

async function askAll(
  asking: { readonly cookie?: string; readonly headers?: Record<string, string> },
  judge: (asked: { method: string; route: string; path: string }, response: Response, text: string) => void,
): Promise<void> {
  for (const request of requests()) {
    const { method, route, path } = request;
    if (ENDS_THE_SESSION.has(route) || route === "/setup") continue;
    const bodies = method === "GET"
      ? [undefined]
      : [new URLSearchParams(wishes()), JSON.stringify({ ...wishes(), ids: [names[2]], resume: true })];
    for (const body of bodies) {
      const response = await desk.ask(path, { method, ...asking, ...(body === undefined ? {} : { body }) });
      judge(request, response, await response.text());
    }
  }
}

/** The text of an answer without what the request itself said. */
function withoutEcho(text: string, path: string): string {
  const said = [...decodeURIComponent(path).split(/[/?=&]/), ...Object.values(wishes())].filter((word) =>
    word.length > 3
  );
  return said.reduce((left, word) => left.replaceAll(word, "…"), text);
}

function expectNothingOfAnna(name: string, text: string, known: readonly string[] = secrets): void {
  expect([name, known.filter((secret) => text.includes(secret))]).toEqual([name, []]);
}

test("nobody gets anything of anybody without signing in, by any route", async () => {
  await askAll({}, ({ method, route, path }, response, text) => {
    expectNothingOfAnna(`${method} ${path}`, withoutEcho(text, path));
    if (route.startsWith("/api/") || route === METRICS_PATH) expect([route, response.status]).toEqual([route, 401]);
  });
});

test("a person gets nothing of another account by any route, and can do nothing to it", async () => {
  const cookie = await signIn("bernd", "bernd of the herd");
  const before = await stateOfAnna();
  desk.asked.length = 0;
  await askAll({ cookie }, ({ method, path }, response, text) => {
    expect([path, response.status]).not.toEqual([path, 500]);
    expectNothingOfAnna(`${method} ${path}`, withoutEcho(text, path));
  });
  expect(await stateOfAnna()).toEqual(before);
  expect(desk.asked.filter((asked) => /anna|all|hold|remove|retry/.test(asked))).toEqual([]);
  expect((await desk.ask("/mailboxes", { cookie })).status).toBe(200);
});

test("a person finds nothing of another account by searching", async () => {
  const cookie = await signIn("bernd", "bernd of the herd");
  for (
    const query of [...secrets, "quagga", "*", "%", "zoo.example", "sender:quagga", "friends.example", '"Quagga sent"']
  ) {
    for (
      const path of ["/search", "/api/v1/search", "/messages", "/api/v1/messages", "/sessions", "/api/v1/sessions"]
    ) {
      const asked = `${path}?q=${encodeURIComponent(query)}&account=anna@example.net&peer=Quagga`;
      const response = await desk.ask(asked, { cookie });
      const location = response.headers.get("location") ?? "";
      const text = (await response.text()).replaceAll(query.replaceAll('"', "&quot;"), "…").replaceAll(
        "Quagga&quot;",
        "…",
      );
      const known = secrets.filter((secret) => !query.includes(secret) && !asked.includes(secret));
      expectNothingOfAnna(asked, text + location, known);
    }
  }
});

test("a person sees the own mail, all of it", async () => {
  const cookie = await signIn("bernd", "bernd of the herd");
  for (const base of ["", "/api/v1"]) {
    const text = async (path: string) => {
      const response = await desk.ask(`${base}${path}`, { cookie });
      expect([path, response.status]).toEqual([path, 200]);
      return await response.text();
    };
    expect(await text("/mailboxes")).toContain("Gnu source");
    expect(await text(`/mailboxes/${own["mailbox"]}`)).toContain("Gnu got");
    expect(await text(`/messages/${own["message"]}`)).toContain("Gnu@friends.example");
    expect(await text(`/messages/${own["cached"]}`)).toContain("Gnu got");
    expect(await text(`/messages/${own["cached"]}/content`)).toContain("Gnu body");
    expect(await text("/sessions")).toContain(own["sending"]);
    expect(await text(`/sessions/${own["fetching"]}`)).toContain("Gnu got");
    expect(await text("/messages?q=gnu")).toContain("Gnu sent");
  }
  expect((await desk.ask("/", { cookie })).headers.get("location")).toBe("/mailboxes");
});

test("a viewer reads no letter by any route", async () => {
  const cookie = await signIn("viewer", "look but leave");
  await askAll({ cookie }, ({ method, path }, _response, text) => {
    expectNothingOfAnna(`${method} ${path}`, text, [BODY]);
  });
});

test.each(SCOPES)("a token of the scope %s opens what is declared for it, and nothing else", async (scope) => {
  const ports = { ...desk.ports, actor: "test" };
  const token = await addToken(ports, { name: scope, scopes: [scope], worksMs: null, createdBy: null });
  const declared = new Map(desk.app.routes.flatMap(({ method, path, handler }) => {
    const access = accessOf(handler);
    return access === null ? [] : [[`${method} ${path}`, access] as const];
  }));
  await askAll({ headers: { authorization: `Bearer ${token}` } }, ({ method, route, path }, response, text) => {
    const isForPrograms = route.startsWith("/api/") || route === METRICS_PATH;
    if (declared.get(`${method} ${route}`)?.scope === scope && isForPrograms) return;
    expectNothingOfAnna(`${method} ${path}`, withoutEcho(text, path));
    if (isForPrograms) expect([path, response.status]).toEqual([path, 403]);
  });
});

/** Everything of Anna's that could be changed. */
async function stateOfAnna(): Promise<unknown> {
  const read = async (path: string) => {
    const response = await desk.ask(path, { headers: { authorization: "Bearer local-token-of-the-test" } });
    return await response.json() as unknown;
  };
  const paths = ["/queue", "/mailboxes", "/users", "/tokens", ...names.slice(0, -2).map((id) => `/messages/${id}`)];
  const found = await Promise.all(paths.map((path) => read(`/api/v1${path}`)));
  return JSON.parse(JSON.stringify(found).replaceAll(/"browsers":\d+/g, '"browsers":0'));
}
