import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { trySource } from "../../src/mailbox/trial.ts";
import { sendTest, tryUpstream } from "../../src/relay/trial.ts";
import { parseEntry } from "../../src/settings.ts";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import { type Postfix, startPostfix } from "../support/peers/postfix.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const password = "correct horse";
const ELSEWHERE = "mail.elsewhere.example";

describe.skipIf(missingPrograms("postfix", "dovecot", "openssl").length > 0)("trials of Postfix and Dovecot", () => {
  const scene = createScene(afterAll);
  let postfix: Postfix;
  let dovecot: Dovecot;
  let elsewhere: Postfix;
  let ca: string;
  let caElsewhere: string;

  beforeAll(async () => {
    const certificate = await scene.certificate();
    ca = certificate.caPath;
    dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
    scene.atEnd(() => dovecot.stop());
    dovecot.fill("alice", [sampleMessage(2_000), sampleMessage(5_000)]);
    const wrapped = { smtpd_tls_wrappermode: "yes" };
    const more = { smtps: wrapped, clear: { smtpd_tls_security_level: "none" } };
    postfix = await startPostfix({ folder: scene.folder(), certificate, sasl: dovecot.sasl, more });
    scene.atEnd(() => postfix.stop());
    const other = certificateFor(ELSEWHERE, scene.folder());
    caElsewhere = other.caPath;
    elsewhere = await startPostfix({ folder: scene.folder(), certificate: other });
    scene.atEnd(() => elsewhere.stop());
  });

  const upstream = (value: Record<string, unknown>) => {
    const parsed = parseEntry("upstream", { name: "peer", host: "127.0.0.1", ca, ...value });
    if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
    return parsed.entry;
  };
  const source = (value: Record<string, unknown>) => {
    const entry = { host: "127.0.0.1", username: "alice", password, ca, ...value };
    const parsed = parseEntry("account", { login: "alice", source: entry });
    if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
    return parsed.entry.sources[0]!;
  };
  const login = { username: "alice", password };
  const tryPostfix = (value: Record<string, unknown>) => tryUpstream(upstream({ ...login, ...value }), "waypost.lan");

  test("Postfix with STARTTLS and with implicit TLS", async () => {
    for (const value of [{ port: postfix.port, tls: "starttls" }, { port: postfix.ports["smtps"], tls: "implicit" }]) {
      const trial = await tryPostfix(value);
      expect(trial).toMatchObject({ ok: true, diagnosis: null, tls: expect.stringMatching(/^TLSv1\.[23]/) });
      expect(trial.certificate?.names).toContain("127.0.0.1");
      expect(trial.extensions.join()).toMatch(/PIPELINING.*AUTH PLAIN LOGIN|AUTH PLAIN LOGIN.*PIPELINING/);
      expect(JSON.stringify(trial)).not.toContain(btoa(`\0alice\0${password}`));
    }
  });

  test("a test message arrives, and one that is refused says why", async () => {
    const send = (value: Record<string, unknown>) => {
      const envelope = { from: "alice@example.net", to: "bob@example.org" };
      return sendTest(upstream({ port: postfix.port, ...value }), "waypost.lan", envelope);
    };
    expect(await send(login)).toMatchObject({ ok: true });
    await waitFor("the message", () => postfix.delivered().length === 1);
    expect(postfix.delivered()[0]?.toString("latin1")).toContain("Subject: Test message of Waypost");
    const refused = await send({});
    expect(refused).toMatchObject({ ok: false, diagnosis: { fault: expect.stringMatching(/./) } });
    expect(refused.transcript.map(([, , text]) => text).join("\n")).toMatch(/554 5\.7\.1/);
  });

  test("wrong passwords", async () => {
    const smtp = await tryPostfix({ port: postfix.port, password: "wrong" });
    expect(smtp.diagnosis).toMatchObject({ fault: "the server does not accept the login alice", remedy: null });
    const pop3 = await trySource(source({ port: dovecot.port, tls: "starttls", password: "wrong" }));
    expect(pop3.diagnosis?.fault).toBe("the server does not accept the login alice");
  });

  test("TLS of the wrong kind leads to the right one", async () => {
    const implicit = await tryPostfix({ port: postfix.port, tls: "implicit" });
    expect(implicit.diagnosis?.remedy).toMatchObject({ tls: "starttls" });
    expect(await tryPostfix({ port: postfix.port, ...implicit.diagnosis?.remedy })).toMatchObject({ ok: true });
    const late = await tryPostfix({
      port: postfix.ports["smtps"],
      tls: "starttls",
      connect_timeout: "1s",
      command_timeout: "1s",
    });
    expect(late.diagnosis?.remedy).toMatchObject({ tls: "implicit" });
    expect(await tryPostfix({ port: postfix.ports["smtps"], ...late.diagnosis?.remedy })).toMatchObject({ ok: true });
    const clear = await tryPostfix({ port: postfix.ports["clear"], tls: "starttls" });
    expect(clear.diagnosis).toMatchObject({ fault: expect.stringContaining("offers no TLS") });
    const pop3 = await trySource(source({ port: dovecot.port, tls: "implicit" }));
    expect(pop3.diagnosis?.remedy).toMatchObject({ tls: "starttls" });
  });

  test("the port of another protocol", async () => {
    const smtp = await tryUpstream(upstream({ port: dovecot.port, tls: "starttls" }), "waypost.lan");
    expect(smtp.diagnosis).toMatchObject({ fault: expect.stringContaining("another protocol than SMTP") });
    const pop3 = await trySource(source({ port: postfix.port, tls: "starttls" }));
    expect(pop3.diagnosis).toMatchObject({ fault: expect.stringContaining("another protocol than POP3") });
  });

  test("an untrusted certificate is shown, and pinned it is enough", async () => {
    const trial = await tryPostfix({ port: postfix.port, ca: undefined });
    expect(trial.diagnosis?.certificateFault).toBe("untrusted");
    const { fingerprint } = trial.certificate!;
    expect(await tryPostfix({ port: postfix.port, ca: undefined, fingerprint })).toMatchObject({ ok: true });
    const pop3 = await trySource(source({ port: dovecot.port, tls: "starttls", ca: undefined }));
    expect(pop3).toMatchObject({ diagnosis: { certificateFault: "untrusted" }, certificate: { fingerprint } });
    const pinned = source({ port: dovecot.port, tls: "starttls", ca: undefined, fingerprint });
    expect(await trySource(pinned)).toMatchObject({ ok: true, content: { messages: 2 } });
  });

  test("a certificate for another name is shown, with the name that it is for", async () => {
    const trial = await tryUpstream(upstream({ port: elsewhere.port, ca: caElsewhere }), "waypost.lan");
    expect(trial.diagnosis).toMatchObject({ certificateFault: "name", remedy: { host: ELSEWHERE } });
    expect(trial.certificate).toMatchObject({ subject: ELSEWHERE, issuer: "Test CA", names: [ELSEWHERE] });
  });

  test("Dovecot counts its mail, and nothing is taken from it", async () => {
    const trial = await trySource(source({ port: dovecot.port, tls: "starttls" }));
    expect(trial).toMatchObject({
      ok: true,
      content: { messages: 2, sizes: [expect.any(Number), expect.any(Number)] },
    });
    expect(trial.capabilities).toEqual(expect.arrayContaining(["UIDL", "PIPELINING", "TOP"]));
    expect(dovecot.count("alice")).toBe(2);
  });
});

/** A certificate for a name, by an authority of its own. */
function certificateFor(name: string, folder: string) {
  const at = (file: string) => path.join(folder, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
    "-days",
    "30",
    "-subj",
    "/CN=Test CA",
  );
  openssl("req", ...newKey, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", `/CN=${name}`);
  fs.writeFileSync(at("extensions"), `subjectAltName=DNS:${name}\nbasicConstraints=CA:FALSE\n`);
  const from = [
    "-in",
    at("request.pem"),
    "-CA",
    at("ca.pem"),
    "-CAkey",
    at("ca.key"),
    "-CAcreateserial",
    "-days",
    "30",
  ];
  openssl("x509", "-req", ...from, "-extfile", at("extensions"), "-out", at("cert.pem"));
  return {
    cert: fs.readFileSync(at("cert.pem"), "utf8"),
    key: fs.readFileSync(at("key.pem"), "utf8"),
    caPath: at("ca.pem"),
  };
}
