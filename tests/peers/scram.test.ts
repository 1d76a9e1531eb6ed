import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { readers } from "../support/peers/readers.ts";
import { type Postfix, startPostfix } from "../support/peers/postfix.ts";
import { sendBy } from "../support/peers/senders.ts";
import type { Waypost } from "../support/process.ts";
import { alice, relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const auth = "scram-sha-256";
const upstreamPassword = "upstream,secret=fünf";

describe.skipIf(missingPrograms("postfix", "dovecot", "msmtp", "mpop").length > 0)(
  "SCRAM-SHA-256 and no other way",
  () => {
    const scene = createScene(afterAll);
    let dovecot: Dovecot;
    let postfix: Postfix;
    let waypost: Waypost;

    beforeAll(async () => {
      const certificate = await scene.certificate();
      dovecot = await startDovecot({
        folder: scene.folder(),
        certificate,
        password: upstreamPassword,
        mechanisms: auth,
      });
      scene.atEnd(() => dovecot.stop());
      postfix = await startPostfix({ folder: scene.folder(), certificate, sasl: dovecot.sasl });
      scene.atEnd(() => postfix.stop());
      dovecot.fill("office", [sampleMessage(4_000, "in Dovecot")]);
      const account = `
[[account]]
login = "${alice.login}"
password = "${alice.password}"
[account.source]
host = "127.0.0.1"
port = ${dovecot.port}
tls = "starttls"
ca = "${certificate.caPath}"
username = "office"
password = "${upstreamPassword}"
interval = "1s"`;
      const upstream = { port: postfix.port, tls: "starttls", ca: certificate.caPath } as const;
      const login = { username: "office", password: upstreamPassword };
      waypost = await scene.waypost(
        scene.folder(),
        relaySettings({ upstreams: [{ ...upstream, ...login }], accounts: account }),
      );
    });

    async function send(password: string): Promise<void> {
      const file = path.join(scene.folder(), "message.eml");
      writeFileSync(file, sampleMessage(4_000, "by SCRAM"));
      const { port } = waypost.smtp[0]!;
      const { caPath } = waypost;
      await sendBy("msmtp", {
        port,
        caPath,
        login: alice.login,
        password,
        auth,
        from: alice.login,
        to: "b@x.test",
        file,
      });
    }

    function read(password: string): Promise<Buffer[]> {
      const folder = path.join(scene.folder(), "mail");
      mkdirSync(folder);
      const { port } = waypost.pop3[0]!;
      return readers["mpop"]!({ port, caPath: waypost.caPath, login: alice.login, password, auth, folder });
    }

    test("msmtp logs in here, and Waypost at Postfix with Dovecot's authentication", async () => {
      await send(alice.password);
      await waitFor(() => `the message\n${postfix.log()}`, () => postfix.delivered().length === 1);
      expect(postfix.log()).toContain("sasl_method=SCRAM-SHA-256, sasl_username=office");
    });

    test("Waypost logs in at Dovecot's POP3 server, and mpop here", async () => {
      await waitFor(
        () => `the fetched message\n${dovecot.log()}`,
        async () => (await read(alice.password)).length === 1,
      );
      expect(dovecot.log()).toMatch(/pop3-login: Info: Login: user=<office>, method=SCRAM-SHA-256/);
    });

    test("a wrong password is refused, of msmtp and of mpop", async () => {
      await expect(send("wrong")).rejects.toThrow(/535 5\.7\.8 Login or password is wrong/);
      await expect(read("wrong")).rejects.toThrow(/authentication failed \(method SCRAM-SHA-256\)/);
    });
  },
);
