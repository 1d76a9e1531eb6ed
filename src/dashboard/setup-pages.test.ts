import { afterAll, beforeAll, expect, test } from "vitest";
import { HOSTILE, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { fillSetup, ODD_DEVICE, ODD_LOGIN, waiting } from "../../tests/browser/setup.ts";

let desk: TestDashboard;
let cookie: string;

beforeAll(async () => {
  desk = await openTestDashboard();
  await fillSetup(desk);
  cookie = await desk.signIn();
});

afterAll(() => desk.close());

async function page(path: string, status = 200): Promise<string> {
  const response = await desk.ask(path, { cookie });
  expect([path, response.status]).toEqual([path, status]);
  return await response.text();
}

const post = (path: string, form: Record<string, string> = {}) =>
  desk.ask(path, { cookie, method: "POST", body: new URLSearchParams(form) });

async function api(method: string, path: string, body?: unknown) {
  const response = await desk.ask(`/api/v1${path}`, { cookie, method, ...body ? { body: JSON.stringify(body) } : {} });
  return { status: response.status, json: await response.json() as Record<string, unknown> };
}

test("every setting is shown with where it stands, and no secret", async () => {
  const html = await page("/settings");
  for (const text of ["max_message_size", "25MB", "line 3", "queue.retry", "waypost.toml"]) {
    expect(html).toContain(text);
  }
  const { json } = await api("GET", "/settings");
  const sections = json["sections"] as { header: string; tables: { key: string }[][] }[];
  const smtp = sections.find(({ header }) => header === "[smtp]")!;
  expect(smtp.tables[0]).toContainEqual(expect.objectContaining({
    ...{ key: "max_message_size", value: '"25MB"', from: "file", line: 3, preset: '"50MB"' },
  }));
  expect(sections.find(({ header }) => header === "[[smtp.listen]]")!.tables).toHaveLength(1);
  for (const secret of ["upstream secret", "correct horse", "staple"]) {
    expect(html + JSON.stringify(json)).not.toContain(secret);
  }
});

test("no page and no answer tells a secret, sealed, hashed or in the clear", async () => {
  const paths = ["/accounts", "/accounts/bernd%40example.net", "/accounts/anna%40example.net", "/changes", "/devices"];
  let all = "";
  for (const path of paths) all += await page(path) + JSON.stringify(await api("GET", path));
  for (const secret of ["sealed.v1", "$scrypt$", "SCRAM-SHA-256$", "an old password", "staple", "correct horse"]) {
    expect(all).not.toContain(secret);
  }
});

test("what the file says is read-only, with its place, and cannot be changed by a request either", async () => {
  const html = await page("/devices/printer");
  expect(html).toContain("waypost.toml line 18");
  expect(html).not.toContain('action="/devices/printer"');
  expect((await post("/devices/printer", { networks: "10.0.0.1" })).status).toBe(409);
  expect((await post("/devices/printer/remove")).status).toBe(409);
  expect((await api("DELETE", "/accounts/anna%40example.net")).status).toBe(409);
  expect((await post("/accounts/anna%40example.net/password", { password: "stolen" })).status).toBe(409);
});

test("names with slashes, per cents and angle brackets have pages of their own, on which nothing runs", async () => {
  for (const path of [`/accounts/${encodeURIComponent(ODD_LOGIN)}`, `/devices/${encodeURIComponent(ODD_DEVICE)}`]) {
    const html = await page(path);
    expect(html).not.toContain("<img src=x");
    expect(html).toContain(`action="${path.replaceAll("'", "&#39;")}"`);
  }
  expect(await page("/devices")).not.toContain("<img src=x");
  expect(await page("/changes")).not.toContain("<img src=x");
  const renamed = await post(`/accounts/${encodeURIComponent(ODD_LOGIN)}`, { addresses: "buero@example.net" });
  expect(renamed.headers.get("location")).toBe(`/accounts/${encodeURIComponent(ODD_LOGIN)}?done=changed`);
  expect(desk.ports.directory().account(ODD_LOGIN)?.addresses).toEqual(["buero@example.net"]);
});

test("a waiting client is allowed with what it said of itself, and waits no more", async () => {
  const form = await page("/devices/-/add?address=192.168.1.50");
  expect(form).toContain('value="BRN30055C"');
  expect(await page("/devices/-/add?address=203.0.113.9")).not.toContain("<img src=x");
  const added = await post("/devices/-/add", { name: "BRN30055C", networks: "192.168.1.50", messages_per_hour: "30" });
  expect(added.headers.get("location")).toBe("/devices/BRN30055C?done=added");
  expect(desk.ports.directory().device("192.168.1.50")).toMatchObject({ messagesPerHour: 30, addresses: ["*"] });
  const { json } = await api("GET", "/devices");
  expect((json["waiting"] as { address: string }[]).map(({ address }) => address)).not.toContain("192.168.1.50");
});

test("a client of the internet is not allowed, and its form says why", async () => {
  const refused = await post("/devices/-/add", { name: "far", networks: "203.0.113.9" });
  expect(refused.status).toBe(400);
  const html = await refused.text();
  expect(html).toContain('value="far"');
  expect(html).toContain("smtp.allow_public_networks = true");
  expect(html).toContain('aria-describedby="networks-hint networks-error"');
});

test("who was dismissed is not shown as waiting, not even after another try, until it is shown again", async () => {
  await desk.store.write("noteRefusedClients", { keep: 100, rows: [waiting("192.168.1.60")] });
  const isWaiting = async () =>
    ((await api("GET", "/devices")).json["waiting"] as { address: string }[]).some((one) =>
      one.address === "192.168.1.60"
    );
  expect((await post("/devices/-/dismiss", { address: "192.168.1.60" })).headers.get("location")).toBe(
    "/devices?done=dismissed",
  );
  await desk.store.write("noteRefusedClients", { keep: 100, rows: [waiting("192.168.1.60")] });
  expect(await isWaiting()).toBe(false);
  expect((await api("POST", "/devices/-/dismiss", { address: "192.168.1.60", dismissed: false })).json).toEqual({
    changed: true,
  });
  expect(await isWaiting()).toBe(true);
  expect((await post("/devices/-/dismiss", { address: HOSTILE.slice(0, 60) })).headers.get("location")).toBe(
    "/devices?done=none",
  );
});

test("who saves second is told, with what it is now", async () => {
  const { json } = await api("GET", "/devices/scanner");
  const seenAt = json["changedAt"] as string;
  const seen = String(Date.parse(seenAt));
  expect((await api("POST", "/devices/scanner", { value: { bare_lf: true }, seenAt })).status).toBe(200);
  const late = await post("/devices/scanner", { seen, networks: "192.168.1.40", addresses: "late@example.net" });
  expect(late.status).toBe(409);
  const html = await late.text();
  expect(html).toContain("Somebody else has changed it");
  expect(html).toContain("late@example.net");
  expect((await api("POST", "/devices/scanner", { value: {}, seenAt })).json).toMatchObject({
    error: { code: "CONFLICT" },
  });
});

test("an account is added, given a password, changed and removed by API; the log tells of each, and by whom", async () => {
  expect(await api("POST", "/accounts", { login: "dora", password: "first", addresses: ["dora@example.net"] })).toEqual(
    {
      status: 200,
      json: { name: "dora" },
    },
  );
  expect((await api("POST", "/accounts", { login: "DORA" })).status).toBe(409);
  expect((await api("POST", "/accounts", { login: "x", upstream: "gone" })).json).toMatchObject({
    error: { code: "BAD_INPUT", message: expect.stringContaining("one of provider") },
  });
  expect((await api("POST", "/accounts/dora/password", { password: "second" })).status).toBe(200);
  expect((await api("POST", "/accounts/dora/password", { password: "two\nlines" })).status).toBe(400);
  expect((await api("POST", "/accounts/dora", { value: { addresses: null, login: "eve" } })).status).toBe(200);
  expect(desk.ports.directory().account("dora")?.addresses).toEqual([]);
  expect((await api("DELETE", "/accounts/dora")).json).toEqual({ removed: true });
  expect((await api("DELETE", "/accounts/dora")).status).toBe(404);
  const { json } = await api("GET", "/changes?kind=account&limit=4");
  const changes = json["changes"] as { name: string; action: string; actor: string; changes: unknown[] }[];
  expect(changes.map(({ name, action, actor }) => [name, action, actor])).toEqual([
    ["dora", "removed", "anna"],
    ["dora", "changed", "anna"],
    ["dora", "changed", "anna"],
    ["dora", "added", "anna"],
  ]);
  expect(changes[2]!.changes).toEqual([{ key: "password", secret: true }]);
});

test("an offered password is another one each time, and can be read aloud", async () => {
  const offered = async () =>
    /name="password"[^>]* value="([^"]+)"/.exec(await page("/accounts/bernd%40example.net"))![1]!;
  const [one, other] = [await offered(), await offered()];
  expect(one).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
  expect(one).not.toBe(other);
  expect((await post("/accounts/bernd%40example.net/password", { password: "" })).status).toBe(400);
});

test("the way of a message is the relay's own decision, in words", async () => {
  const asked = async (query: string) => (await api("GET", `/routes/-/way?${query}`)).json;
  expect(await asked("sender=a@b.net&recipient=x@example.org")).toEqual({
    ...{ by: "route", route: 1, upstreams: [{ name: "provider", use: "used" }] },
  });
  expect(await asked("sender=a@b.net&recipient=x@y.net&device=scanner&size=20MB")).toMatchObject({ route: 2 });
  expect(await asked("sender=a@b.net&recipient=x@y.net&device=scanner&size=30MB")).toMatchObject({ by: "first" });
  expect(await asked("sender=a@b.net&recipient=x@y.net&account=bernd%40example.net")).toMatchObject({ by: "account" });
  const html = await page("/routes?sender=a%40garden.example&recipient=b%40c.net&size=much");
  expect(html).toContain("much is no size such as 25MB");
});

test("routes move, and one that is gone is not found", async () => {
  const { json } = await api("GET", "/routes");
  const routes = json["routes"] as { name: string | null; number: number; canMove: { up: boolean } }[];
  expect(routes.map(({ name, canMove }) => [name !== null, canMove.up])).toEqual([[false, false], [true, false], [
    true,
    true,
  ]]);
  expect((await post(`/routes/${routes[2]!.name}/move`, { direction: "up" })).status).toBe(303);
  const after = (await api("GET", "/routes")).json["routes"] as { name: string | null }[];
  expect(after[1]!.name).toBe(routes[2]!.name);
  expect((await post("/routes/none/move", { direction: "up" })).status).toBe(404);
  expect((await post(`/routes/${routes[2]!.name}/move`, { direction: "sideways" })).status).toBe(400);
  await page("/routes/none", 404);
});

test("reading the file anew is asked of the rest of Waypost, with who wants it", async () => {
  const response = await post("/settings/reload");
  expect(response.headers.get("location")).toBe("/settings?done=reloaded");
  expect(desk.asked).toContain("reload by anna");
});

test("ten thousand clients that were refused leave a page that can be read", async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => waiting(`198.51.${index >> 8}.${index & 255}`));
  await desk.store.write("noteRefusedClients", { keep: 100, rows });
  const html = await page("/devices");
  expect(html.length).toBeLessThan(250_000);
  expect(html).toContain("192.168.1.60");
});
