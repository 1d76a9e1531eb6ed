import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { freePort } from "../../tests/support/free-port.ts";
import { createScene } from "../../tests/support/scene.ts";
import { sourceMessage, startSource } from "../../tests/support/scripted-source.ts";

const scene = createScene();
const SECRET = "correct horse";

let desk: TestDashboard;
let cookie: string;

beforeEach(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
  const value = { login: "carl@example.net", password: "staple battery" };
  await desk.ports.entries.add({ kind: "account", name: value.login, value }, "anna");
});

afterEach(async () => {
  await desk.close();
});

/** Sends a form, follows where it leads, and gives the page with its address. */
async function send(path: string, fields: Record<string, string> = {}) {
  const response = await desk.ask(path, { cookie, method: "POST", body: new URLSearchParams(fields) });
  const location = response.headers.get("location");
  if (location === null) return { path, status: response.status, html: await response.text() };
  return { path: location, ...await open(location) };
}

async function open(path: string) {
  const response = await desk.ask(path.split("#")[0]!, { cookie });
  return { status: response.status, html: await response.text() };
}

async function api(method: string, path: string, body?: unknown) {
  const response = await desk.ask(`/api/v1${path}`, {
    cookie,
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: await response.json() as Record<string, unknown> };
}

const stored = (kind: "upstream" | "account") => desk.ports.entries.list(kind);

test("an upstream is written, tested, pinned and saved, and its password is in no page", async () => {
  const certificate = await scene.certificate();
  const server = await scene.upstream({ certificate, login: { username: "office", password: SECRET } });
  expect((await open("/upstreams/new")).html).toContain("provider=microsoft365");
  expect((await open("/upstreams/new?provider=gmail")).html).toContain("an app password of 16 letters");
  const fields = { name: "home", host: "127.0.0.1", port: String(server.port), username: "office", password: SECRET };
  const failed = await send("/upstreams/new", { ...fields, do: "test" });
  expect(failed.html).toContain("not trusted here");
  expect(failed.html).toMatch(/sha256:[0-9a-f]{64}/);
  const works = await send(`${failed.path}/pin`);
  expect(works.html).toContain("It works");
  expect(works.html).toContain("AUTH PLAIN (secret)");
  const edited = await open(`/upstreams/new?draft=${works.path.split("/").at(-1)}`);
  expect(edited.html).toContain("The password is known");
  for (const { html } of [failed, works, edited]) expect(html).not.toContain(SECRET);
  expect(await stored("upstream")).toEqual([]);
  const saved = await send(`${works.path}/save`);
  expect(saved.path).toBe("/upstreams?done=added");
  expect(saved.html).toContain("The upstream is added");
  const [entry] = await stored("upstream");
  expect(entry).toMatchObject({ name: "home", value: { fingerprint: expect.stringMatching(/^sha256:/) } });
  expect(JSON.stringify(entry)).not.toContain(SECRET);
  expect((await open(works.path)).status).toBe(404);
});

test("a draft is nobody else's", async () => {
  const failed = await send("/upstreams/new", { name: "a", host: "127.0.0.1", port: "1", do: "test" });
  expect(failed.html).toContain("Nothing listens on port 1");
  const body = new URLSearchParams({ name: "anna", password: "correct horse" });
  const response = await desk.ask("/sign-in", { method: "POST", body });
  const other = response.headers.get("set-cookie")!.split(";")[0]!;
  expect((await desk.ask(failed.path, { cookie: other })).status).toBe(404);
});

test("what is wrong is told at its field, and the password need not be typed again", async () => {
  const wrong = await send("/upstreams/new", { name: "home", host: "no host!", username: "office", password: SECRET });
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain('aria-invalid="true"');
  expect(wrong.html).toContain("expected a host name or address");
  expect(wrong.html).not.toContain(SECRET);
  const draft = /name="draft" value="([\w-]+)"/.exec(wrong.html)![1]!;
  const fields = { draft, name: "home", host: "127.0.0.1", port: "1", username: "office" };
  const saved = await send("/upstreams/new", { ...fields, do: "save" });
  expect(saved.html).toContain("saved without a test");
  const upstream = desk.ports.directory().upstream("home");
  expect(upstream?.password?.reveal()).toBe(SECRET);
});

test("an upstream is changed with its password left alone, tested with it, and removed", async () => {
  const server = await scene.upstream({
    certificate: await scene.certificate(),
    login: { username: "office", password: SECRET },
  });
  const value = { name: "home", host: "127.0.0.1", port: server.port, username: "office", password: SECRET };
  await desk.ports.entries.add({ kind: "upstream", name: "home", value }, "anna");
  const form = await open("/upstreams/home/edit");
  expect(form.html).toContain('value="office"');
  const fields = { host: "127.0.0.1", port: String(server.port), username: "office", verify: "false", tls: "starttls" };
  const tested = await send("/upstreams/home/edit", { ...fields, do: "test" });
  expect(tested.html).toContain("It works");
  expect((await send(`${tested.path}/save`)).path).toBe("/upstreams?done=changed");
  expect(desk.ports.directory().upstream("home")?.password?.reveal()).toBe(SECRET);
  expect((await send("/upstreams/home/test")).html).toContain("office, accepted");
  const sent = await send("/upstreams/home/send", { from: "office@example.net", to: "bob@example.org" });
  expect(sent.html).toContain("It works");
  expect(server.messages).toMatchObject([{ from: "office@example.net", to: ["bob@example.org"] }]);
  expect((await send("/upstreams/home/remove")).path).toBe("/upstreams?done=removed");
  expect(await stored("upstream")).toEqual([]);
});

test("an upstream of the file is tested, and not changed; one that is named is not removed", async () => {
  expect((await open("/upstreams/provider/edit")).status).toBe(409);
  expect((await send("/upstreams/provider/remove")).status).toBe(409);
  expect((await send("/upstreams/provider/test")).html).toContain("Test of provider");
  await desk.ports.entries.add({ kind: "upstream", name: "home", value: { name: "home", host: "h.example" } }, "anna");
  await desk.ports.entries.add({ kind: "route", value: { via: ["home"] } }, "anna");
  expect((await send("/upstreams/home/remove")).html).toContain("still named by route ");
});

test("an upstream of the database that cannot be read is shown, and can be removed", async () => {
  const value = { name: "old", host: "h.example", username: "u", password: "staple battery" };
  await desk.ports.entries.add({ kind: "upstream", name: "old", value }, "anna");
  const [row] = await stored("upstream");
  const audit = { at: 1, actor: "test", kind: "upstream", name: "old", action: "changed", detail: "{}" };
  const broken = JSON.stringify({ ...row!.value, host: "no host!" });
  const more = { changedAt: 2, seenAt: row!.changedAt, audit };
  await desk.store.write("putEntry", { kind: "upstream", name: "old", value: broken, ...more });
  await desk.ports.entries.add({ kind: "upstream", name: "new", value: { name: "new", host: "h.example" } }, "anna");
  const { html } = await open("/upstreams");
  expect(html).toMatch(/<h2>old<\/h2>/);
  expect(html).toContain('action="/upstreams/old/remove"');
  expect((await send("/upstreams/old/remove")).path).toBe("/upstreams?done=removed");
  expect((await stored("upstream")).map(({ name }) => name)).toEqual(["new"]);
});

test("a proposal for other settings is one click", async () => {
  const server = await scene.upstream();
  const fields = { name: "home", host: "127.0.0.1", port: String(server.port), tls: "implicit", do: "test" };
  const failed = await send("/upstreams/new", fields);
  expect(failed.html).toContain("Try with these settings");
  const again = await send(`${failed.path}/remedy`);
  expect(again.html).toContain("The server offers no TLS");
});

test("a port at which nothing listens may be mistyped: to change it comes first, the usual one second", async () => {
  const fields = { name: "home", host: "127.0.0.1", port: String(await freePort()), tls: "starttls", do: "test" };
  const { html, path } = await send("/upstreams/new", fields);
  const [form] = /<form class="remedy"[^]*?<\/form>/.exec(html)!;
  expect(form).toMatch(/<a class="button main-button" href="\/upstreams\/new\?draft=[^"]+">Change it<\/a>/);
  expect(form).toMatch(/<button>Try with these settings<\/button>/);
  expect(html.match(/Change it/g)).toHaveLength(1);
  expect((await open(/href="(\/upstreams\/new\?draft=[^"]+)"/.exec(form)![1]!)).html).toContain(fields.port);
  expect(path).toMatch(/^\/trials\//);
});

test("a source is tested, its first fetch foreseen, saved and fetched, changed and removed", async () => {
  const messages = [1_000, 30_000_000].map((size, index) => sourceMessage(`u${index}`, new Uint8Array(size).fill(97)));
  const server = await startSource(messages, 0, await scene.certificate());
  scene.atEnd(() => server.stop());
  const path = "/accounts/carl@example.net/sources";
  const fields = { host: "127.0.0.1", name: "home", port: String(server.port), username: "carl", password: SECRET };
  expect((await open(`${path}/new?provider=gmail`)).html).toContain("POP has to be allowed first");
  const failed = await send(`${path}/new`, { ...fields, tls: "implicit", do: "test" });
  const works = await send(`${failed.path}/pin`);
  expect(works.html).toContain("2 messages, 30");
  const rules = { mode: "delete", delete_after: "7d", max_message_size: "10MB", interval: "1h" };
  const plan = await send(`${works.path}/plan`, rules);
  expect(plan.html).toContain("1 message is too large");
  expect(plan.html).toMatch(/1 message of these is deleted there 7\u00a0days after/);
  const saved = await send(`${works.path}/save`, rules);
  expect(saved.path).toBe("/accounts/carl%40example.net/sources?done=added");
  expect(desk.asked).toContain("fetch carl@example.net home");
  const source = () => desk.ports.directory().account("carl@example.net")?.sources[0];
  expect(source()).toMatchObject({ mode: "delete", deleteAfterMs: 7 * 86_400_000, maxMessageSize: 10_000_000 });
  expect(source()?.password.reveal()).toBe(SECRET);
  for (const { html } of [failed, works, plan, saved]) expect(html).not.toContain(SECRET);
  const edited = await send(`${path}/home/edit`, {
    ...fields,
    password: "",
    tls: "implicit",
    mode: "keep",
    do: "save",
  });
  expect(edited.path).toContain("done=changed");
  expect(source()).toMatchObject({ mode: "keep", name: "home" });
  expect(source()?.password.reveal()).toBe(SECRET);
  expect((await send(`${path}/home/remove`, { mail: "keep" })).path).toContain("done=removed");
  expect(source()).toBeUndefined();
  const id = await desk.store.write("ensureMailbox", { id: 77, account: "carl@example.net", source: "home" });
  const nextFetchAt = Date.now() + 60_000;
  const outcome = { lastFetchAt: 1_000, lastOutcome: "no answer", failures: 3, failureKind: null, pausedBecause: null };
  await desk.store.write("noteFetch", { id, nextFetchAt, ...outcome });
  const { html: left } = await open(`/mailboxes/${formatId(id)}`);
  expect(left).toContain("No longer in the settings");
  expect(left).toContain("Last fetch");
  for (const word of ["Next fetch", "no answer", "in a row"]) expect(left).not.toContain(word);
  const changes = await desk.store.read("auditLog", { limit: 10 });
  const ofSources = changes.filter(({ kind }) => kind === "source");
  expect(ofSources.map(({ name, action }) => [name, action])).toEqual([
    ["carl@example.net, home", "removed"],
    ["carl@example.net, home", "changed"],
    ["carl@example.net, home", "added"],
  ]);
  expect(JSON.stringify(changes)).not.toContain(SECRET);
});

test("the API does the same, checked by the same table", async () => {
  const entry = { name: "home", host: "127.0.0.1", port: 1, tls: "off" };
  expect(await api("POST", "/upstreams/test", { entry })).toMatchObject({
    status: 200,
    body: { ok: false, diagnosis: { fault: expect.stringContaining("nothing listens") } },
  });
  expect((await api("POST", "/upstreams", { ...entry, port: "x" })).body).toMatchObject({
    error: { code: "BAD_INPUT", message: expect.stringContaining("upstream.port") },
  });
  expect(await api("POST", "/upstreams", entry)).toMatchObject({ status: 200, body: { name: "home" } });
  expect(await api("POST", "/upstreams", entry)).toMatchObject({ status: 409 });
  expect(await api("POST", "/upstreams/home", { value: { port: 2 } })).toMatchObject({ status: 200 });
  expect(desk.ports.directory().upstream("home")?.port).toBe(2);
  const { body } = await api("GET", "/upstreams");
  expect((body["upstreams"] as { name: string; origin: string }[]).map(({ name, origin }) => [name, origin])).toEqual([
    ["provider", "file"],
    ["home", "database"],
  ]);
  expect(await api("DELETE", "/upstreams/home")).toMatchObject({ status: 200 });
  expect(await api("DELETE", "/upstreams/home")).toMatchObject({ status: 404 });
  const source = { host: "127.0.0.1", port: 1, tls: "off", username: "carl", password: SECRET };
  const path = "/accounts/carl@example.net/sources";
  expect((await api("POST", path, source)).body).toEqual({ name: "127.0.0.1" });
  expect((await api("POST", `${path}/test`, { name: "127.0.0.1" })).body).toMatchObject({ ok: false });
  expect(JSON.stringify((await api("GET", path)).body)).not.toContain(SECRET);
  const change = { value: { interval: "1h", tls: "starttls" } };
  expect(await api("POST", `${path}/127.0.0.1`, change)).toMatchObject({ status: 200 });
  expect((await api("POST", `${path}/127.0.0.1`, { value: { interval: null, port: "x" } })).body).toMatchObject({
    error: { message: expect.stringContaining("source[0].port") },
  });
  expect(await api("POST", `${path}/127.0.0.1`, { value: { interval: null } })).toMatchObject({ status: 200 });
  const [changed] = desk.ports.directory().account("carl@example.net")!.sources;
  expect(changed).toMatchObject({ intervalMs: 300_000, tls: "starttls" });
  expect(changed?.password.reveal()).toBe(SECRET);
  expect(await api("DELETE", `${path}/127.0.0.1?mail=delete`)).toMatchObject({ status: 200 });
});
