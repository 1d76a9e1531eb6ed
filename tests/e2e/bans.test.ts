import path from "node:path";
import { expect, test } from "vitest";
import { findServer } from "../../src/control/control.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { RawSmtp } from "../support/raw-smtp.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

const settings = relaySettings({
  more: '[logins]\nfree_failures = 1\nfirst_delay = "0s"\nban_login_after = 3\nban_address_after = 5\nban_time = "1h"',
});

function plain(login: string, password: string): string {
  return `AUTH PLAIN ${Buffer.from(`\0${login}\0${password}`).toString("base64")}`;
}

test("who guesses is banned at SMTP and POP3, until the owner lifts it", async () => {
  const folder = scene.folder();
  const waypost = await scene.waypost(folder, settings);
  const [smtpPort, pop3Port] = [waypost.smtp[0]!, waypost.pop3[0]!];
  const smtp = await RawSmtp.connect(smtpPort);
  await smtp.ask(250, "EHLO client.example");
  await smtp.ask(220, "STARTTLS");
  await smtp.client.secure(waypost.ca);
  await smtp.ask(250, "EHLO client.example");
  for (let count = 0; count < 3; count++) await smtp.ask(535, plain(alice.login, "wrong"));
  // The right password is not even looked at.
  const refused = await smtp.ask(454, plain(alice.login, alice.password));
  expect(refused.text).toMatch(/^4\.7\.0 Too many failed logins, try again in 3[56]\d\d s$/);
  await expect(RawPop3.logIn(pop3Port, waypost.ca, alice.login, alice.password)).rejects.toThrow(/SYS\/TEMP.*too many/);
  for (let count = 0; count < 2; count++) await smtp.ask(535, plain(`guess${count}`, "wrong"));
  await smtp.ask(454, plain("bob", "wrong"));
  await smtp.quit();
  expect(waypost.output()).toMatch(/the login .alice@example\.net. failed too often/);
  expect(waypost.output()).toMatch(/all from there are refused until .*, also of others behind the same gateway/);

  const server = (await findServer(path.join(folder, "data")))!;
  const { failed } = await server.ask({ method: "GET", path: "/api/v1/logins" }) as {
    failed: Record<string, unknown>[];
  };
  const banned = failed.filter((row) => row["bannedUntilAt"] !== null);
  expect(banned.map((row) => row["address"] ?? row["login"]).sort()).toEqual(["127.0.0.1", alice.login]);
  const lift = (body: object) => server.ask({ method: "POST", path: "/api/v1/logins/lift", body });
  expect(await lift({ login: alice.login })).toEqual({ lifted: true });
  expect(await lift({ address: "127.0.0.1" })).toEqual({ lifted: true });
  await RawPop3.logIn(pop3Port, waypost.ca, alice.login, alice.password);
});
