import { inspect } from "node:util";
import { expect, test } from "vitest";
import { loadSettings } from "./settings.ts";
import { CERTIFICATE, errorsOf, PRIVATE_KEY, readFrom, settingsOf } from "./settings/sample.ts";

test("without a file the defaults hold", () => {
  const loaded = loadSettings(undefined, {}, { readFile: (path) => readFrom({}, path), workDir: "/srv" });
  if ("errors" in loaded) throw new Error("the defaults are wrong");
  const { settings, file } = loaded;
  expect(file).toBeUndefined();
  expect(settings).toMatchObject({
    hostname: "waypost.lan",
    dataDir: "/srv/data",
    store: { url: "file:///srv/data/waypost.db", authToken: undefined },
    smtp: {
      maxMessageSize: 50_000_000,
      listeners: [{
        endpoint: { address: "127.0.0.1", port: 2525 },
        tls: "starttls",
        auth: "optional",
        mode: "queue",
        authWithoutTls: false,
      }],
    },
    pop3: {
      listeners: [{ endpoint: { address: "127.0.0.1", port: 2110 }, tls: "starttls", loginWithoutTls: false }],
    },
    dashboard: { endpoint: { address: "127.0.0.1", port: 8025 } },
    queue: { lifetimeMs: 432_000_000, hotMemory: 16_000_000, retry: { firstMs: 60_000, factor: 2 } },
    upstreams: [],
    routes: [],
    accounts: [],
    devices: [],
  });
  expect(settings.smtp.allowWithoutAuth.list).toEqual(["127.0.0.0/8", "::1"]);
  expect(settings.smtp.allowWithoutAuth.contains("127.9.9.9")).toBe(true);
  expect(settings.smtp.allowWithoutAuth.contains("192.168.1.1")).toBe(false);
});

const SHAPE = `
hostname = "Waypost.LAN"
data_dir = "./data"

[store]
url = "file:./data/waypost.db"

[smtp]
max_message_size = "50MB"
allow_without_auth = ["192.168.1.0/24"]
[[smtp.listen]]
address = "[::1]:2525"
tls = "starttls"
auth = "optional"
mode = "queue"

[[pop3.listen]]
address = "127.0.0.1:2110"
tls = "starttls"

[dashboard]
listen = "127.0.0.1:8025"

[tls]
certificate = "/etc/waypost/cert.pem"
key = "key.pem"

[[upstream]]
name = "provider"
host = "smtp.example.net"
port = 587
tls = "starttls"
ca = "/etc/waypost/provider-ca.pem"
username = "office@example.net"
password = "secret one"
max_connections = 3
messages_per_minute = 30

[[upstream]]
name = "backup"
host = "192.0.2.1"
tls = "implicit"

[[route]]
sender = "*@example.net"
via = ["provider", "backup"]

[[account]]
login = "alice@example.net"
password_env = "ALICE"
[account.source]
host = "pop.example.net"
port = 995
tls = "implicit"
username = "alice@example.net"
password_file = "alice.txt"
mode = "keep"
delete_after = "14d"
interval = "5m"

[[account]]
login = "bob"
password_hash = "$scrypt$ln=15,r=8,p=1$c2FsdA$aGFzaA"
addresses = ["*"]
[[account.source]]
host = "pop.example.net"
username = "bob"
password = "secret two"
tls = "starttls"
delete_after = "0s"
[[account.source]]
name = "other"
host = "pop.example.net"
username = "bob2"
password = "secret two"
`;

const FILES = {
  "/etc/waypost/cert.pem": CERTIFICATE,
  "/etc/waypost/key.pem": PRIVATE_KEY,
  "/etc/waypost/provider-ca.pem": CERTIFICATE,
  "/etc/waypost/alice.txt": "secret three\n",
};

test("the whole shape is read into octets, milliseconds, absolute paths and camelCase", () => {
  const settings = settingsOf(SHAPE, FILES, { ALICE: "secret four" });
  expect(settings.hostname).toBe("waypost.lan");
  expect(settings.dataDir).toBe("/etc/waypost/data");
  expect(settings.store.url).toBe("file:///etc/waypost/data/waypost.db");
  expect(settings.smtp.listeners[0]?.endpoint).toEqual({ address: "::1", port: 2525 });
  expect(settings.tls.key?.path).toBe("/etc/waypost/key.pem");
  expect(settings.tls.key?.pem.reveal()).toBe(PRIVATE_KEY);
  const [provider, backup] = settings.upstreams;
  expect(provider).toMatchObject({ port: 587, maxConnections: 3, messagesPerMinute: 30, commandTimeoutMs: 300_000 });
  expect(provider?.ca?.pem).toBe(CERTIFICATE);
  expect(provider?.password?.reveal()).toBe("secret one");
  expect(backup).toMatchObject({ port: 465, verify: true, username: undefined, maxConnections: 10, senders: ["*"] });
  expect(settings.routes).toEqual([
    { sender: "*@example.net", recipient: undefined, account: undefined, via: ["provider", "backup"] },
  ]);
  const [alice, bob] = settings.accounts;
  expect(alice?.addresses).toEqual(["alice@example.net"]);
  expect(alice?.password?.reveal()).toBe("secret four");
  expect(alice?.sources).toMatchObject([{
    name: "pop.example.net",
    deleteAfterMs: 1_209_600_000,
    intervalMs: 300_000,
  }]);
  expect(alice?.sources[0]?.password.reveal()).toBe("secret three");
  expect(bob?.addresses).toEqual(["*"]);
  expect(bob?.sources.map(({ name, port, tls, deleteAfterMs }) => [name, port, tls, deleteAfterMs])).toEqual([
    ["pop.example.net", 110, "starttls", 0],
    ["other", 995, "implicit", 1_209_600_000],
  ]);
});

test("the settings are frozen all the way down and never show a secret", () => {
  const settings = settingsOf(SHAPE, FILES, { ALICE: "secret four" });
  expect(Object.isFrozen(settings.accounts[0]?.sources[0])).toBe(true);
  expect(Object.isFrozen(settings.smtp.listeners)).toBe(true);
  const shown = JSON.stringify(settings) + inspect(settings, { depth: 20, showHidden: true });
  expect(shown).not.toMatch(/secret (one|two|three|four)|scrypt|PRIVATE KEY/);
});

test("an empty list of listeners switches a server off", () => {
  expect(settingsOf("[pop3]\nlisten = []").pop3.listeners).toEqual([]);
});

test("the store is a file from the settings' folder, or a server without secrets in its URL", () => {
  const url = (text: string) => settingsOf(`[store]\nurl = "${text}"`).store.url;
  expect(url("file:x y.db")).toBe("file:///etc/waypost/x%20y.db");
  expect(url("file:/var/w.db")).toBe("file:///var/w.db");
  expect(url("file:///var/w.db")).toBe("file:///var/w.db");
  expect(url("http://127.0.0.1:8080")).toBe("http://127.0.0.1:8080");
  for (const text of ["waypost.db", "file:", "file:a/", "ftp://h/", "http://", "file://host/x", "file:x?mode=ro"]) {
    expect(errorsOf(`[store]\nurl = "${text}"`), text).toHaveLength(1);
  }
});
