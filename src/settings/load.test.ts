import { expect, test } from "vitest";
import { formatSettingError, loadSettings } from "../settings.ts";
import { CERTIFICATE, errorsOf } from "./sample.ts";

test("no file at the default place is no error, a named file that is missing is one", () => {
  const loaded = loadSettings("nowhere.toml", {}, { workDir: "/srv" });
  expect("errors" in loaded && loaded.errors.map(formatSettingError)).toEqual([
    "nowhere.toml: (ENOENT) — expected a file that can be read",
  ]);
});

test("all errors are found in one pass, each with key, value, expectation and line", () => {
  const toml = `hostname = "way post"
[smtp]
max_recipient = 5
max_errors = 0
allow_without_auth = ["127.0.0.0/8", "10.0.0.0/40", "0.0.0.0/0"]
[[smtp.listen]]
tls = "ssl"
[[upstream]]
name = "a"
host = "mail.example.net:587"
port = "abc"
[[upstream]]
name = "A"
host = "mail.example.net"
port = 65536
username = "me"
[[route]]
via = ["a", "c"]
[account]
login = "x"
`;
  expect(errorsOf(toml)).toEqual([
    'w.toml:1: hostname: "way post" — expected a domain name such as "waypost.lan"',
    'w.toml:3: smtp.max_recipient: (unknown key) — expected a known key; did you mean "max_recipients"?',
    "w.toml:4: smtp.max_errors: 0 — expected a whole number from 1 to 1000",
    'w.toml:5: smtp.allow_without_auth[1]: "10.0.0.0/40" — expected a prefix length from 1 to 32 after the slash',
    'w.toml:5: smtp.allow_without_auth[2]: "0.0.0.0/0" — expected the networks of your own devices; /0 would let the ' +
    "whole internet send (an open relay)",
    'w.toml:6: smtp.listen[0].address: (missing) — expected an address and a port such as "127.0.0.1:2525" or ' +
    '"[::1]:2525", the port from 0 to 65535',
    'w.toml:7: smtp.listen[0].tls: "ssl" — expected "off", "starttls" or "implicit"',
    'w.toml:10: upstream[0].host: "mail.example.net:587" — expected a host name or address such as ' +
    '"mail.example.net", without the port, which has a key of its own',
    'w.toml:11: upstream[0].port: "abc" — expected a whole number from 1 to 65535',
    "w.toml:12: upstream[1].password: (missing) — expected a password, since username is given; or else " +
    "password_file or password_env",
    'w.toml:13: upstream[1].name: "A" — expected a name of its own; upstream[0] has it',
    "w.toml:15: upstream[1].port: 65536 — expected a whole number from 1 to 65535",
    'w.toml:18: route[0].via[1]: "c" — expected the name of an upstream: one of a, A',
    "w.toml:19: account: (a table) — expected a list of tables, each under [[account]] in double brackets",
  ]);
});

test("what nobody could send by, a login without one, and an upstream that is its own substitute are errors", () => {
  const toml = `[[upstream]]
name = "a"
host = "mail.example.net"
auth = "plain"
senders = []
[[route]]
via = ["a", "a"]
[[device]]
name = "scanner"
networks = []
`;
  expect(errorsOf(toml)).toEqual([
    'w.toml:4: upstream[0].auth: "plain" — expected username and password beside it: without them there is no login',
    'w.toml:5: upstream[0].senders: [] — expected at least one address, or "*" for all: nobody could send by it',
    'w.toml:7: route[0].via[1]: "a" — expected an upstream that is not named before; via[0] is it',
    "w.toml:10: device[0].networks: [] — expected at least one address of the device",
  ]);
});

test("a mistake in TOML is named with its line, and nothing of the file is quoted", () => {
  const errors = errorsOf('a = 1\n[[account]]\nlogin = "x"\npassword = "hunter2" "hunter2"\n');
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^w\.toml:4: \(not TOML\) — expected TOML; /);
  expect(errors[0]).not.toContain("hunter2");
});

test("names, logins, sources and addresses to listen on are given once", () => {
  const toml = `[[smtp.listen]]
address = "0.0.0.0:2525"
[[smtp.listen]]
address = "127.0.0.1:0"
[[pop3.listen]]
address = "127.0.0.1:2525"
[[pop3.listen]]
address = "127.0.0.1:0"
[[account]]
login = "alice"
source = [
  { host = "h", username = "u", password = "p" },
  { host = "h", username = "u", password = "p" },
]
[[account]]
login = "Alice"
`;
  expect(errorsOf(toml)).toEqual([
    'w.toml:6: pop3.listen[0].address: "127.0.0.1:2525" — expected an address and port of its own; smtp.listen[0] has it',
    'w.toml:13: account[0].source[1].name: "h" — expected a name of its own; source[0] has it',
    'w.toml:16: account[1].login: "Alice" — expected a login of its own; account[0] has it',
  ]);
});

test("what only makes sense together is asked for together", () => {
  const toml = `[[smtp.listen]]
address = "127.0.0.1:1"
tls = "off"
auth = "required"
[[pop3.listen]]
address = "0.0.0.0:2"
tls = "off"
[[pop3.listen]]
address = "127.0.0.1:3"
tls = "off"
[tls]
certificate = "cert.pem"
[queue]
lifetime = "1h"
[queue.retry]
first = "2h"
[[account]]
login = "a"
password = "hunter2"
password_hash = "$scrypt$hunter2"
upstream = "none"
[[upstream]]
name = "u"
host = "h"
password = "hunter2"
`;
  const errors = errorsOf(toml, { "/etc/waypost/cert.pem": CERTIFICATE });
  expect(errors.map((error) => error.split(" — ")[0])).toEqual([
    'w.toml:4: smtp.listen[0].auth: "required" with tls = "off"',
    'w.toml:7: pop3.listen[0].tls: "off"',
    "w.toml:11: tls.key: (missing)",
    'w.toml:15: queue.retry.max: "1h"',
    "w.toml:20: account[0].password_hash: (secret)",
    'w.toml:21: account[0].upstream: "none"',
    "w.toml:22: upstream[0].username: (missing)",
  ]);
  expect(errors.join()).not.toContain("hunter2");
});

test("a secret in a file or variable that is not there is named by the file or variable", () => {
  const account = (line: string) => errorsOf(`[[account]]\nlogin = "a"\n${line}\n`, { "/etc/waypost/two": "a\nb\n" });
  expect(account('password_file = "no"')).toEqual([
    'w.toml:3: account[0].password_file: "no" — expected a file that can be read; reading /etc/waypost/no fails with ENOENT',
  ]);
  expect(account('password_file = "two"')[0]).toContain("/etc/waypost/two does not");
  expect(account('password_env = "NO_SUCH"')[0]).toContain(
    'account[0].password_env: "NO_SUCH" — expected the name of an',
  );
  expect(account('password_env = "my secret"')[0]).toContain("account[0].password_env: (secret) — ");
  expect(account('password = "x"\npassword_env = "HOME"')).toEqual([
    "w.toml:4: account[0].password_env: (secret) — expected only one of password, password_env",
  ]);
});

test("a wrong secret is never shown, nor is what stands under a misspelt or misplaced key", () => {
  const wrong = [
    '[[account]]\nlogin = "a"\npasword = "hunter2"',
    '[[account]]\nlogin = "a"\npassword = ["hunter2"]',
    '[[account]]\nlogin = "a"\npassword = "hunter2\\n"',
    '[[account]]\nlogin = "a"\npassword_hash = "hunter2"',
    '[[account]]\nlogin = { password = "hunter2" }',
    'account = "hunter2"',
    'account = ["hunter2"]',
    '[store]\nurl = "https://me:hunter2@db.example.net"',
    '[store]\nurl = "libsql://db.example.net?authToken=hunter2"',
    '[store]\nauth_token = 1\nauth_token_file = "hunter2/x"\n',
  ];
  for (const toml of wrong) {
    const errors = errorsOf(toml);
    expect(errors.length, toml).toBeGreaterThan(0);
    expect(errors.join("\n")).not.toContain("hunter2");
  }
});

test("files named for certificates must hold certificates", () => {
  const toml = '[tls]\ncertificate = "empty.pem"\nkey = "none.pem"\n';
  expect(errorsOf(toml, { "/etc/waypost/empty.pem": "" })).toEqual([
    'w.toml:2: tls.certificate: "empty.pem" — expected the path of a PEM file with certificates ("BEGIN CERTIFICATE"); ' +
    "/etc/waypost/empty.pem holds none",
    'w.toml:3: tls.key: "none.pem" — expected a file that can be read; reading /etc/waypost/none.pem fails with ENOENT',
  ]);
});
