import { afterEach, beforeEach, expect, test } from "vitest";
import { LOCAL_TOKEN, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";

let desk: TestDashboard;
let cookie: string;

beforeEach(async () => {
  desk = await openTestDashboard();
  cookie = await desk.signIn();
});

afterEach(async () => {
  await desk.close();
});

const post = (path: string, form: Record<string, string> | [string, string][], as = cookie) =>
  desk.ask(path, { cookie: as, method: "POST", body: new URLSearchParams(form) });

const callApi = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const init = { method, headers: { origin: "http://127.0.0.1:8025", ...headers } };
  const response = await desk.ask(`/api/v1${path}`, {
    ...init,
    ...(headers["authorization"] === undefined ? { cookie } : {}),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() as Record<string, unknown> };
};

const secretIn = (html: string) => /<code[^>]*>\s*([^<\s]+)\s*<\/code>/.exec(html)![1]!;

async function signInAs(name: string, password: string): Promise<Response> {
  return await desk.ask("/sign-in", { method: "POST", body: new URLSearchParams({ name, password }) });
}

async function redeem(name: string, code: string, password: string): Promise<Response> {
  const body = new URLSearchParams({ name, code, password, again: password });
  return await desk.ask("/welcome", { method: "POST", body });
}

test("a new user chooses a password by a one-time code that is shown once and works once", async () => {
  const response = await post("/access/users", { name: " vera ", role: "viewer" });
  const code = secretIn(await response.text());
  expect(await (await desk.ask("/access", { cookie })).text()).not.toContain(code);
  expect((await signInAs("vera", "")).status).toBe(401);
  expect((await redeem("vera", "AAAA-AAAA-AAAA", "look but leave")).status).toBe(401);
  const welcomed = await redeem("vera", code.toLowerCase(), "look but leave");
  expect([welcomed.status, welcomed.headers.get("location")]).toEqual([303, "/"]);
  expect((await redeem("vera", code, "another password")).status).toBe(401);
  desk.clock.ms += 3_600_000;
  expect((await signInAs("vera", "look but leave")).status).toBe(303);
});

test("a one-time code ceases to work after three days", async () => {
  const { body } = await callApi("POST", "/users", { name: "vera", role: "viewer" });
  desk.clock.ms += 3 * 86_400_000;
  expect((await redeem("vera", String(body["code"]), "look but leave")).status).toBe(401);
});

test("the last owner cannot be removed or made less, by page or by API", async () => {
  for (const path of ["/access/users/remove", "/access/users/role"]) {
    const response = await post(path, { name: "anna", role: "viewer" });
    expect(response.status).toBe(409);
    expect(await response.text()).toContain("the last owner");
  }
  expect(await callApi("DELETE", "/users/anna")).toMatchObject({ status: 409, body: { error: { code: "CONFLICT" } } });
  // An owner who has not chosen a password yet cannot sign in.
  const { body } = await callApi("POST", "/users", { name: "otto", role: "owner" });
  expect((await callApi("DELETE", "/users/anna")).status).toBe(409);
  expect((await redeem("otto", String(body["code"]), "eight legs good")).status).toBe(303);
  expect(await callApi("DELETE", "/users/anna")).toMatchObject({ status: 200, body: { removed: true } });
  expect((await desk.ask("/queue", { cookie })).status).toBe(303);
});

test("a password that is reset is void at once, and its browsers are signed out", async () => {
  const { body } = await callApi("POST", "/users", { name: "vera", role: "viewer" });
  const hers = (await redeem("vera", String(body["code"]), "look but leave")).headers.get("set-cookie")!.split(";")[0]!;
  expect((await desk.ask("/queue", { cookie: hers })).status).toBe(200);
  const code = secretIn(await (await post("/access/users/reset", { name: "vera" })).text());
  expect((await desk.ask("/queue", { cookie: hers })).status).toBe(303);
  expect((await signInAs("vera", "look but leave")).status).toBe(401);
  desk.clock.ms += 60_000;
  expect((await redeem("vera", code, "look and go away")).status).toBe(303);
  expect((await post("/access/users/reset", { name: "anna" })).status).toBe(400);
});

test("one's own password is changed with the old one, and all other browsers are signed out", async () => {
  const other = (await signInAs("anna", "correct horse")).headers.get("set-cookie")!.split(";")[0]!;
  const change = (current: string, password: string) =>
    post("/profile/password", { current, password, again: password });
  expect((await change("wrong", "battery staple")).status).toBe(401);
  expect((await change("correct horse", "short")).status).toBe(400);
  expect((await change("correct horse", "battery staple")).headers.get("location")).toBe("/profile?done=password");
  expect((await desk.ask("/queue", { cookie })).status).toBe(200);
  expect((await desk.ask("/queue", { cookie: other })).status).toBe(303);
  desk.clock.ms += 60_000;
  expect((await signInAs("anna", "battery staple")).status).toBe(303);
});

test("guessing the own password in a browser that was left open is slowed down", async () => {
  const statuses: number[] = [];
  for (let guess = 0; guess < 6; guess++) {
    const form = { current: `guess ${guess}`, password: "battery staple", again: "battery staple" };
    statuses.push((await post("/profile/password", form)).status);
  }
  expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
});

test("signed-in browsers are listed with what they are, and ended one by one or all", async () => {
  const body = new URLSearchParams({ name: "anna", password: "correct horse" });
  const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  const second = await desk.ask("/sign-in", { method: "POST", body, headers: { "user-agent": agent } });
  const other = second.headers.get("set-cookie")!.split(";")[0]!;
  const { browsers } = (await callApi("GET", "/browsers")).body as { browsers: { key: string; isThis: boolean }[] };
  expect(browsers).toHaveLength(2);
  const page = await (await desk.ask("/profile", { cookie })).text();
  expect(page).toContain("Firefox, Linux");
  const key = browsers.find(({ isThis }) => !isThis)!.key;
  expect((await post("/profile/browsers/end", { key })).headers.get("location")).toBe("/profile?done=ended");
  expect((await desk.ask("/queue", { cookie: other })).status).toBe(303);
  expect((await callApi("DELETE", `/browsers/${key}`)).status).toBe(404);
  await post("/profile/browsers/end", {});
  expect((await desk.ask("/queue", { cookie })).status).toBe(303);
});

test("a token is shown once, does what its scopes say and nothing else, and is revoked", async () => {
  const form: [string, string][] = [["name", "grafana"], ["scopes", "read"], ["scopes", "mailboxes"], ["works", "30d"]];
  const token = secretIn(await (await post("/access/tokens", form)).text());
  expect(token).toMatch(/^waypost_[\w-]{43}$/);
  const authorization = `Bearer ${token}`;
  const ask = async (method: string, path: string) =>
    (await callApi(method, path, undefined, { authorization })).status;
  expect(await ask("GET", "/queue")).toBe(200);
  expect(await ask("POST", "/fetch")).toBe(200);
  expect(await ask("POST", "/reload")).toBe(403);
  expect(await ask("GET", "/tokens")).toBe(403);
  expect((await desk.ask("/queue", { headers: { authorization } })).status).toBe(303);
  const { tokens } = (await callApi("GET", "/tokens")).body as { tokens: Record<string, unknown>[] };
  expect(tokens).toMatchObject([{
    name: "grafana",
    scopes: ["read", "mailboxes"],
    createdBy: "anna",
    isExpired: false,
  }]);
  expect(tokens[0]!["lastUsedAt"]).not.toBeNull();
  expect(JSON.stringify(tokens)).not.toContain(token);
  desk.clock.ms += 31 * 86_400_000;
  expect(await ask("GET", "/queue")).toBe(401);
  desk.clock.ms -= 31 * 86_400_000;
  expect((await callApi("DELETE", `/tokens/${tokens[0]!["id"]}`)).status).toBe(200);
  expect(await ask("GET", "/queue")).toBe(401);
});

test("what an owner made goes when the owner goes", async () => {
  const local = { authorization: `Bearer ${LOCAL_TOKEN}` };
  const { body: { code } } = await callApi("POST", "/users", { name: "otto", role: "owner" });
  await redeem("otto", String(code), "eight legs good");
  const { body: { token } } = await callApi("POST", "/tokens", { name: "his", scopes: ["read"] });
  const ask = async () => (await callApi("GET", "/queue", undefined, { authorization: `Bearer ${token}` })).status;
  expect(await ask()).toBe(200);
  await callApi("PATCH", "/users/anna", { role: "viewer" }, local);
  expect(await ask()).toBe(401);
  await callApi("DELETE", "/users/anna", undefined, local);
  expect((await callApi("GET", "/tokens", undefined, local)).body).toEqual({ tokens: [] });
});

test("a user who is called as commands are makes tokens that go with the user", async () => {
  const { body: { code } } = await callApi("POST", "/users", { name: "local", role: "owner" });
  const response = await redeem("local", String(code), "eight legs good");
  const headers = { origin: "http://127.0.0.1:8025", cookie: response.headers.get("set-cookie")!.split(";")[0]! };
  const body = JSON.stringify({ name: "his", scopes: ["read"] });
  expect((await desk.ask("/api/v1/tokens", { method: "POST", headers, body })).status).toBe(200);
  expect((await callApi("GET", "/tokens")).body).toMatchObject({ tokens: [{ name: "his", createdBy: "local" }] });
  await callApi("DELETE", "/users/local");
  expect((await callApi("GET", "/tokens")).body).toEqual({ tokens: [] });
});

test("every change of users and tokens stands in the log of changes, without a secret", async () => {
  const { body: { code } } = await callApi("POST", "/users", { name: "vera", role: "viewer" });
  const { body: { token } } = await callApi("POST", "/tokens", { name: "grafana", scopes: ["metrics"] });
  await callApi("PATCH", "/users/vera", { role: "person", account: "BERND@example.net" });
  const noted = desk.asked.concat(JSON.stringify(await desk.store.read("auditLog", { limit: 20 })));
  expect(noted.join()).toContain("vera");
  expect(noted.join()).toContain("person of bernd@example.net");
  expect(noted.join()).not.toContain(String(code));
  expect(noted.join()).not.toContain(String(token));
});

test("a person signs in with the account's login and mail password only where the owner allows it", async () => {
  expect((await signInAs("bernd@example.net", "mail of bernd@example.net")).status).toBe(401);
  const wanted = { name: "bernd", role: "person", account: "bernd@example.net", byAccountPassword: "on" };
  expect((await post("/access/users", wanted)).headers.get("location")).toBe("/access?done=added&name=bernd");
  desk.clock.ms += 60_000;
  for (const name of ["Bernd@example.net", "bernd"]) {
    const response = await signInAs(name, "mail of bernd@example.net");
    expect([name, response.status]).toEqual([name, 303]);
  }
  expect((await signInAs("bernd", "wrong")).status).toBe(401);
  expect((await signInAs("bernd", "")).status).toBe(401);
});

test("a person without an account that there is cannot be made", async () => {
  const { status, body } = await callApi("POST", "/users", { name: "x", role: "person", account: "nobody" });
  expect([status, body]).toMatchObject([400, { error: { message: expect.stringContaining("needs an account") } }]);
});
