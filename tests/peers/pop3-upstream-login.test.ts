import { mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { programOf, readers } from "../support/peers/readers.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";

const password = "upstream-secret";
const messages = Array.from({ length: 12 }, (_, index) => sampleMessage(3_000 + 10 * index, `number ${index}`));
const loginOf = (reader: string) => `${reader.replace("::", "-").toLowerCase()}@example.org`;
const settled = (octets: readonly Buffer[]) => octets.map((one) => one.toString("latin1")).sort();

describe.skipIf(missingPrograms("dovecot").length > 0)(
  "logins with the password of an upstream, which is Dovecot",
  () => {
    const scene = createScene(afterAll);
    let dovecot: Dovecot;
    let waypost: Waypost;

    beforeAll(async () => {
      const certificate = await scene.certificate();
      dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
      scene.atEnd(() => dovecot.stop());
      for (const reader of Object.keys(readers)) dovecot.fill(loginOf(reader), messages);
      const pop3 = `[pop3]
first_fetch_wait = "30s"
[[pop3.upstream_login]]
domain = "example.org"
host = "127.0.0.1"
port = ${dovecot.port}
tls = "starttls"
ca = ${JSON.stringify(certificate.caPath)}
[[pop3.listen]]
address = "127.0.0.1:0"
[[pop3.listen]]
address = "127.0.0.1:0"
tls = "implicit"
`;
      const settings = relaySettings({ accounts: "" }).replace('[[pop3.listen]]\naddress = "127.0.0.1:0"\n', "");
      waypost = await scene.waypost(scene.folder(), `${settings}${pop3}`);
    });

    const logIn = (login: string, word: string) => RawPop3.logIn(waypost.pop3[0]!, waypost.ca, login, word);

    for (const [reader, read] of Object.entries(readers)) {
      test.skipIf(missingPrograms(programOf(reader)).length > 0)(
        `${reader} finds all mail at its first login`,
        async () => {
          const folder = path.join(scene.folder(), "mail");
          mkdirSync(folder);
          const [starttls, implicit] = waypost.pop3;
          const got = await read({
            port: starttls!.port,
            implicitPort: implicit!.port,
            caPath: waypost.caPath,
            login: loginOf(reader),
            password,
            folder,
          });
          expect(settled(got)).toEqual(settled(messages));
        },
      );
    }

    test("a wrong password is Dovecot's refusal; with Dovecot away, who was there before is served", async () => {
      const known = loginOf("poplib");
      await (await logIn(known, password)).quit();
      await expect(logIn("somebody@example.org", "a guess")).rejects.toThrow("-ERR [AUTH] login or password is wrong");
      await expect(logIn(known, "a guess")).rejects.toThrow("-ERR [AUTH]");
      await dovecot.stop();
      const reader = await logIn(known, password);
      expect((await reader.uidls()).length).toBe(messages.length);
      await reader.quit();
      await expect(logIn("new@example.org", password)).rejects.toThrow(
        "-ERR [SYS/TEMP] the login cannot be checked now",
      );
    });
  },
);
