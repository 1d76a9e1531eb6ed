import { expect, test } from "vitest";
import { formatSettingError, loadSettings } from "../settings.ts";
import { errorsOf, readFrom, settingsOf } from "./sample.ts";

test("a listener says who may connect, which proxies speak for others, and how old TLS may be", () => {
  const { smtp, pop3 } = settingsOf(`
[[smtp.listen]]
address = "0.0.0.0:25"
networks = ["192.168.1.0/24"]
proxy_protocol = ["192.168.1.5"]
min_tls = "1.0"
[[pop3.listen]]
address = "127.0.0.1:2110"
`);
  const [listener] = smtp.listeners;
  expect(listener).toMatchObject({ minTls: "1.0" });
  expect(["192.168.1.9", "192.168.2.9"].map((address) => listener!.networks.contains(address))).toEqual([true, false]);
  expect(["192.168.1.5", "192.168.1.6"].map((address) => listener!.proxyProtocol.contains(address))).toEqual([
    true,
    false,
  ]);
  expect(pop3.listeners[0]).toMatchObject({ minTls: "1.2", networks: { list: [] }, proxyProtocol: { list: [] } });
});

test("what is wrong with them is said", () => {
  const listener = (line: string) => `[[smtp.listen]]\naddress = "127.0.0.1:0"\n${line}\n`;
  expect(errorsOf(listener('min_tls = "1.4"'))).toEqual([
    'w.toml:3: smtp.listen[0].min_tls: "1.4" — expected "1.0", "1.1", "1.2" or "1.3"',
  ]);
  expect(errorsOf(listener('networks = ["192.168.1.300"]'))[0]).toMatch(
    /networks\[0\]: "192\.168\.1\.300" — expected a /,
  );
  expect(errorsOf(listener("proxy_protocol = true"))[0]).toMatch(/proxy_protocol: true — expected a list of /);
});

test("a version of TLS that only Node has is an error on Deno that says so", () => {
  const toml = '[[pop3.listen]]\naddress = "127.0.0.1:0"\nmin_tls = "1.1"\n';
  const errorsOn = (runtime: "deno" | "node") => {
    const loaded = loadSettings("/w.toml", {}, { readFile: (path) => readFrom({ "/w.toml": toml }, path), runtime });
    return "errors" in loaded ? loaded.errors.map(formatSettingError) : [];
  };
  expect(errorsOn("node")).toEqual([]);
  expect(errorsOn("deno")).toEqual([
    expect.stringMatching(
      /^\/w\.toml:3: pop3\.listen\[0\]\.min_tls: "1\.1" — expected "1\.2" or "1\.3": Deno has nothing/,
    ),
  ]);
});
