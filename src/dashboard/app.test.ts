import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE, LOCAL_TOKEN, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterAll(async () => {
  await desk.close();
});

async function json(path: string): Promise<Record<string, unknown>> {
  const response = await desk.ask(`/api/v1${path}`, { cookie });
  expect(response.status).toBe(200);
  return await response.json() as Record<string, unknown>;
}

async function page(path: string): Promise<string> {
  const response = await desk.ask(path, { cookie });
  expect(response.status).toBe(200);
  return await response.text();
}

test("the overview says in words and figures whether mail moves", async () => {
  const overview = await json("/overview");
  expect(overview["sentence"]).toContain("1 message waits for provider: 451 4.3.0 come back later, since");
  const hops = overview["hops"] as { hop: string; sessions: number; phases: { phase: string; failures: number }[] }[];
  expect(hops.map((hop) => [hop.hop, hop.sessions])).toEqual([
    ["smtp-server", 1],
    ["smtp-client", 1],
    ["pop3-client", 1],
    ["pop3-server", 1],
  ]);
  expect(hops[1]!.phases[0]).toMatchObject({ phase: "establishment", failures: 1 });
  const html = await page("/");
  expect(html).toContain("Mail is moving, but some of it waits.");
  expect(html).toContain(`<time datetime=`);
  expect(html).toContain("Figures of the last hour; a session counts when it ends.");
});

test("the API writes ids and times as people read them", async () => {
  const { sessions } = await json("/sessions?outcome=unfinished") as { sessions: Record<string, unknown>[] };
  expect(sessions).toHaveLength(1);
  expect(sessions[0]).toMatchObject({ id: formatId(desk.known.failed), outcome: "failed", endedIn: "establishment" });
  expect(sessions[0]!["startedAt"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("the API tells which logins failed, and who has to wait", async () => {
  const { failed } = await json("/logins") as { failed: Record<string, unknown>[] };
  expect(failed).toHaveLength(3);
  expect(failed[0]).toMatchObject({
    address: "192.0.2.66",
    login: null,
    failures: 20,
    lastFailedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    bannedUntilAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    delayMs: 840_000,
  });
  expect((await json("/overview"))["sentence"]).toContain("logins from 192.0.2.66 are refused");
});

test("the page of logins says who is refused until when, and the owner lifts it, by page and by API", async () => {
  const html = await page("/logins");
  for (
    const text of ["192.0.2.66", "tried root, admin", "refused", "bernd@example.net", "slowed down", "free to try"]
  ) {
    expect(html).toContain(text);
  }
  expect(html).not.toContain("<img src=x");
  const post = (path: string, body: URLSearchParams | string) => desk.ask(path, { cookie, method: "POST", body });
  const byPage = await post("/logins/lift", new URLSearchParams({ address: "192.0.2.66" }));
  expect(byPage.headers.get("location")).toBe("/logins?lifted=yes");
  expect(await page("/logins?lifted=yes")).toContain("the next login is looked at right away");
  const byApi = await post("/api/v1/logins/lift", JSON.stringify({ login: "bernd@example.net" }));
  expect(await byApi.json()).toEqual({ lifted: false });
  expect(desk.asked.filter((asked) => asked.startsWith("lift"))).toEqual([
    'lift {"address":"192.0.2.66"}',
    'lift {"login":"bernd@example.net"}',
  ]);
  const both = await post("/api/v1/logins/lift", JSON.stringify({ login: "a", address: "b" }));
  expect([both.status, (await both.json() as { error: { message: string } }).error.message]).toEqual([
    400,
    expect.stringContaining("expected an address or a login"),
  ]);
});

test("sessions are narrowed by hop, outcome and phase, and paged", async () => {
  const count = async (query: string) => (await json(`/sessions?${query}`) as { sessions: unknown[] }).sessions.length;
  expect(await count("hop=pop3-server")).toBe(1);
  expect(await count("phase=termination")).toBe(1);
  expect(await count("hop=smtp-client&outcome=completed")).toBe(0);
  const first = await json("/sessions?limit=3") as { sessions: { id: string }[]; before: string };
  const second = await json(`/sessions?limit=3&before=${first.before}`) as { sessions: { id: string }[]; before: null };
  expect(new Set([...first.sessions, ...second.sessions].map((session) => session.id)).size).toBe(4);
  expect(second.before).toBeNull();
});

test("a session opens with its phases, its transcript and what it led to", async () => {
  const session = await json(`/sessions/${formatId(desk.known.completed)}`);
  expect(session["phases"]).toHaveLength(3);
  expect((session["led"] as { id: string }[]).map((message) => message.id).sort()).toEqual(
    [desk.known.waiting, desk.known.delivered].map(formatId).sort(),
  );
  expect(session["device"]).toBe("scanner");
  const shown = await page(`/sessions/${formatId(desk.known.completed)}`);
  expect(shown).toContain(`/messages/${formatId(desk.known.waiting)}`);
  expect(shown).toMatch(/Device<\/dt>\s*<dd[^>]*>\s*scanner/);
});

test("a message tells its journey with replies and links to the sessions", async () => {
  const message = await json(`/messages/${formatId(desk.known.waiting)}`);
  const journey = message["journey"] as { kind: string; sessionId: string | null; words: string[] }[];
  expect(journey.map((event) => event.kind)).toEqual(["received", "waits", "waits"]);
  expect(journey[0]!.sessionId).toBe(formatId(desk.known.completed));
  expect(journey[1]).toMatchObject({ words: ["451 4.3.0 come back later"], sessionId: formatId(desk.known.failed) });
  expect(await page(`/messages/${formatId(desk.known.cached)}`)).toContain("Fetched from home for anna@example.net");
});

test.each([
  ["queue id", () => formatId(desk.known.delivered)],
  ["Message-ID", () => `<${desk.known.delivered}@laptop.example>`],
])("a search by %s leads straight to the message", async (_, query) => {
  const response = await desk.ask(`/messages?q=${encodeURIComponent(query())}`, { cookie });
  expect(response.headers.get("location")).toBe(`/messages/${formatId(desk.known.delivered)}`);
});

test.each(["minutes of", "CHAIR@example.org", "anna@"])("a search for %j finds it", async (query) => {
  const found = await json(`/messages?q=${encodeURIComponent(query)}`) as { messages: { id: string }[] };
  expect(found.messages.map((message) => message.id)).toContain(formatId(desk.known.delivered));
});

test("wildcards of the database mean themselves in a search", async () => {
  expect(await json("/messages?q=%25")).toMatchObject({ messages: [], before: null });
});

test("the queue is held, released and retried, by page and by API", async () => {
  const id = formatId(desk.known.waiting);
  const hold = await desk.ask(`/queue/${id}/hold`, {
    cookie,
    method: "POST",
    body: new URLSearchParams({ from: "queue" }),
  });
  expect(hold.headers.get("location")).toBe("/queue?acted=hold");
  expect(await page("/queue?acted=hold")).toContain("It is held until released.");
  const release = await desk.ask(`/api/v1/queue/${id}/release`, { cookie, method: "POST" });
  expect(await release.json()).toEqual({ changed: 2 });
});

test("sources are fetched on request", async () => {
  const form = new URLSearchParams({ account: "anna@example.net" });
  const byPage = await desk.ask("/mailboxes/fetch", { cookie, method: "POST", body: form });
  expect(byPage.headers.get("location")).toBe("/mailboxes?fetching=1");
  expect(await (await desk.ask("/api/v1/fetch", { cookie, method: "POST" })).json()).toEqual({ sources: 2 });
  expect(desk.asked.slice(-2)).toEqual(["fetch anna@example.net", "fetch all"]);
});

test("every mailbox that the settings name is shown, fetched or not, with its mode", async () => {
  const { mailboxes } = await json("/mailboxes") as { mailboxes: Record<string, unknown>[] };
  expect(mailboxes).toMatchObject([
    { account: "anna@example.net", mode: "keep", messages: 1, ledger: [{ state: "stored", messages: 1 }] },
    { account: "bernd@example.net", mode: "delete", messages: 0, lastFetchAt: null, deleteAfterMs: 86_400_000 },
  ]);
});

test("a mailbox opens with its newest messages", async () => {
  const { mailboxes } = await json("/mailboxes") as { mailboxes: { id: string }[] };
  const { id } = mailboxes[0]!;
  expect(await json(`/mailboxes/${id}`)).toMatchObject({ id, newest: [{ id: formatId(desk.known.cached) }] });
  expect(await page(`/mailboxes/${id}`)).toContain(`/messages/${formatId(desk.known.cached)}`);
});

test.each([
  ["/sessions?hop=x", 'hop: "x" is not right, expected one of smtp-server, smtp-client, pop3-client, pop3-server'],
  ["/sessions?outcome=lost", 'outcome: "lost" is not right, expected one of open, completed'],
  ["/sessions?before=!!", 'before: "!!" is not right, expected an id'],
  ["/sessions/!", 'id: "!" is not right, expected an id'],
  ["/queue?limit=999999999", 'limit: "999999999" is not right, expected a whole number from 1 to 500'],
  ["/sessions?limit=-1", 'limit: "-1" is not right, expected a whole number from 1 to 500'],
])("input that is not right is named, and what is expected: %s", async (path, words) => {
  const response = await desk.ask(`/api/v1${path}`, { cookie });
  expect(response.status).toBe(400);
  const { error } = await response.json() as { error: { code: string; message: string } };
  expect(error.code).toBe("BAD_INPUT");
  expect(error.message).toContain(words);
});

test("what does not exist is not found", async () => {
  for (const path of ["/sessions/ZZZ", "/messages/ZZZ", "/nothing"]) {
    expect((await desk.ask(`/api/v1${path}`, { cookie })).status).toBe(404);
    expect((await desk.ask(path, { cookie })).status).toBe(404);
  }
});

test("only what there is can be fetched", async () => {
  const before = desk.asked.length;
  const answer = async (body: unknown) => {
    const response = await desk.ask("/api/v1/fetch", { cookie, method: "POST", body: JSON.stringify(body) });
    return { status: response.status, ...await response.json() as object };
  };
  const gone = (message: string) => ({ status: 404, error: { code: "NOT_FOUND", message } });
  expect(await answer({ account: "nobody" })).toEqual(gone("There is no account nobody."));
  expect(await answer({ source: "none" })).toEqual(gone("There is no source none."));
  expect(await answer({ account: 7 })).toMatchObject({ status: 400 });
  expect(await answer(null)).toMatchObject({ status: 400 });
  const body = new URLSearchParams({ account: "nobody" });
  expect((await desk.ask("/mailboxes/fetch", { cookie, method: "POST", body })).status).toBe(404);
  expect(desk.asked).toHaveLength(before);
  expect(await answer({ account: "ANNA@example.net" })).toMatchObject({ status: 200 });
});

test.each([
  ["/messages/NOSUCH", "There is no message NOSUCH."],
  ["/messages/ZZZ", "There is no message ZZZ. Messages are forgotten"],
  ["/sessions/NOSUCH", "There is no session NOSUCH."],
  ["/mailboxes/NOSUCH", "There is no mailbox NOSUCH."],
  ["/nothing", "There is no such page."],
])("%s is said not to be found, within the page that people know", async (path, words) => {
  const response = await desk.ask(path, { cookie });
  const html = await response.text();
  expect(response.status).toBe(404);
  expect(html).toContain(words);
  expect(html).toContain('href="/mailboxes"');
  expect(html).toContain("Signed in as anna");
});

test("HTML in names, subjects and replies stays text on every page", async () => {
  const pages = [
    "/",
    "/sessions",
    "/queue",
    "/mailboxes",
    "/messages",
    "/messages?q=img",
    `/messages?q=${encodeURIComponent(HOSTILE)}`,
    `/sessions/${formatId(desk.known.completed)}`,
    `/messages/${formatId(desk.known.waiting)}`,
    `/messages/${formatId(desk.known.cached)}`,
  ];
  for (const path of pages) {
    const html = await page(path);
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain("<script>");
  }
});

test("a command on this machine uses the API by its token, and only the API", async () => {
  const headers = { authorization: `Bearer ${LOCAL_TOKEN}` };
  expect((await desk.ask("/api/v1/queue", { headers })).status).toBe(200);
  expect((await desk.ask("/queue", { headers })).status).toBe(303);
  expect((await desk.ask("/api/v1/queue", { headers: { authorization: "Bearer wrong" } })).status).toBe(401);
});

test("assets are named in a list, versioned, compressed and kept for ever", async () => {
  const html = await page("/");
  const address = /\/assets\/app\.css\?v=[\w-]+/.exec(html)![0];
  const response = await desk.ask(address, { headers: { "accept-encoding": "gzip" } });
  expect(response.headers.get("cache-control")).toContain("immutable");
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const again = await desk.ask(address, { headers: { "if-none-match": response.headers.get("etag")! } });
  expect(again.status).toBe(304);
  for (const name of ["..%2fapp.ts", "texts.ts", "constructor"]) {
    expect((await desk.ask(`/assets/${name}`)).status).toBe(404);
  }
});

test("the first page weighs less than 150 KB in all", async () => {
  const html = await page("/");
  let octets = html.length;
  for (const address of new Set(html.match(/\/assets\/[\w.-]+\?v=[\w-]+/g))) {
    const response = await desk.ask(address, { headers: { "accept-encoding": "gzip" } });
    octets += (await response.arrayBuffer()).byteLength;
  }
  expect(octets).toBeLessThan(150_000);
});
