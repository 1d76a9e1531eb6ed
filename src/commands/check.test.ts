import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "./check.ts";

async function check(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { stdout: (text) => out.push(text), stderr: (text) => err.push(text), env: {} });
  return { code, out: out.join(""), err: err.join("") };
}

async function fileOf(toml: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "waypost-check-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "waypost.toml");
  await writeFile(file, toml);
  return file;
}

const EXAMPLE = fileURLToPath(new URL("../../docs/waypost.example.toml", import.meta.url));

test("the example in the documentation is right, and check says what it comes to", async () => {
  const { code, out, err } = await check("--config", EXAMPLE);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toContain("waypost.example.toml is right.");
  expect(out).toContain("smtp       127.0.0.1:2525, TLS starttls, AUTH optional, queue");
  expect(out).toContain("provider: smtp.example.net:587, TLS starttls, as office@example.net");
  expect(out).toContain("bob: work, pop.example.com:995, TLS implicit, as bob, delete after 14d, every 5m");
  expect(out).not.toContain("change me");
  expect(out).not.toContain("note:");
});

test("wrong settings are printed line by line, and the exit code is 1", async () => {
  const file = await fileOf('[[upstream]]\nname = "a"\nhost = "b"\nport = "abc"\n\n[smtp]\nmax_error = 1\n');
  const { code, out, err } = await check("--config", file);
  expect(code).toBe(1);
  expect(out).toBe("");
  expect(err).toBe(
    `${file}:4: upstream[0].port: "abc" — expected a whole number from 1 to 65535\n` +
      `${file}:7: smtp.max_error: (unknown key) — expected a known key; did you mean "max_errors"?\n`,
  );
});

test("--json gives the errors as data", async () => {
  const file = await fileOf("[smtp]\nmax_errors = 0\n");
  const { code, out } = await check("--json", "--config", file);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toEqual({
    ok: false,
    errors: [{
      file,
      line: 2,
      key: "smtp.max_errors",
      value: "0",
      expected: "a whole number from 1 to 1000",
    }],
  });
});

test("--json gives right settings as data, without secrets", async () => {
  const { code, out } = await check("--json", "--config", EXAMPLE);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    file: EXAMPLE,
    notes: [],
    settings: { smtp: { maxMessageSize: 50_000_000 }, upstreams: [{ name: "provider", password: "(secret)" }, {}] },
  });
  expect(out).not.toContain("change me");
});

test("what is allowed but perhaps not meant is noted", async () => {
  const file = await fileOf(
    '[smtp]\nallow_without_auth = ["192.168.1.4", "203.0.113.0/24"]\nallow_public_networks = true\n' +
      '[[smtp.listen]]\naddress = "127.0.0.1:2525"\nauth_without_tls = true\n' +
      '[[device]]\nname = "lan"\nnetworks = ["192.168.1.0/24"]\n' +
      '[[device]]\nname = "scanner"\nnetworks = ["192.168.1.20"]\n' +
      '[[account]]\nlogin = "a"\n[[upstream]]\nname = "u"\nhost = "h"\nverify = false\n' +
      '[[upstream]]\nname = "v"\nhost = "h"\ntls = "off"\nusername = "x"\npassword = "y"\n',
  );
  const { code, out } = await check("--config", file);
  expect(code).toBe(0);
  expect(out.split("\n").filter((line) => line.startsWith("note: "))).toEqual([
    "note: whoever on the internet has an address in 203.0.113.0/24 may send to anybody, without a login",
    "note: smtp 127.0.0.1:2525: passwords may cross the LAN in the clear",
    "note: device scanner: 192.168.1.20 overlaps with device lan, which comes first: its rules hold for what both have",
    "note: upstream u: its certificate is not checked, anybody on the way may read along",
    "note: upstream v: the password goes out without TLS",
    "note: account a: nobody can log in, it has no password",
    "note: account a: may send as nobody; set addresses",
  ]);
});

test("what becomes of mail is told source by source, with rules, budgets, routes and what makes room", async () => {
  const file = await fileOf(
    '[mailbox]\non_delete = "hide"\nmax_age = "90d"\nmax_messages = 500\nremove_unconfirmed = true\n' +
      '[[upstream]]\nname = "u"\nhost = "h"\nmessages_per_day = 500\nrecipients_per_day = 900\n[[route]]\nsender = "*@a.example"\nvia = ["u"]\n' +
      '[[account]]\nlogin = "bob"\npassword = "x"\naddresses = ["bob@a.example"]\n' +
      '[[account]]\nlogin = "all"\npassword = "x"\naddresses = ["a@a.example"]\n[account.source]\nhost = "pop.example"\n' +
      'tls = "off"\nusername = "all"\npassword = "x"\nmode = "delete"\nkeep_newest = 5\non_client_delete = "delete"\n' +
      'max_message_size = "20MB"\nmessages_per_day = 700\nsize_per_day = "1GB"\n' +
      '[[account.source.deliver]]\nrecipient = "bob@*"\naccount = "bob"\n',
  );
  const { out } = await check("--config", file);
  expect(out).toContain("u: h:587, TLS starttls, 500 messages a day, 900 recipients a day");
  expect(out).toContain("from *@a.example: by u");
  const rules = ["the newest 5 stay there", "what clients delete here is deleted there"];
  const limits = ["what is larger than 20MB stays there", "700 messages and 1GB a day at most"];
  expect(out.split("\n").map((line) => line.trim())).toEqual(expect.arrayContaining([
    expect.stringContaining("all: pop.example:110, TLS off, as all, delete after 14d, every 5m"),
    ...[...rules, ...limits, "mail for bob@* goes to bob"],
  ]));
  expect(out).toContain("gone for that client alone, and can be restored for 30d");
  expect(out).toContain("mail older than 90d, or beyond 500 messages makes room, whether or not it is anywhere else");
  expect(out).toContain("note: source pop.example of all: the password goes out without TLS");
  expect(out).toContain("note: mailbox.remove_unconfirmed: what makes room may be the only copy of a message");
});

test("a wrong command line is told with the usage, and the exit code is 2", async () => {
  const { code, err } = await check("--confg", "x");
  expect(code).toBe(2);
  expect(err).toContain("--confg");
  expect(err).toContain("usage: waypost check [--config FILE] [--json]");
  expect((await check("extra")).code).toBe(2);
});
