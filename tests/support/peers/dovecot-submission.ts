import { Buffer } from "node:buffer";
import fs from "node:fs";
import path from "node:path";
import { freePort, portAnswers } from "../free-port.ts";
import { startChild, stopChild } from "../process.ts";
import { waitFor } from "../wait.ts";

const NOBODY = 65_534;

/** Dovecot's submission server, which hands mail on to another while the client waits. */
export interface DovecotSubmission {
  readonly port: number;
  log(): string;
  stop(): Promise<void>;
}

/** Starts it on 127.0.0.1 without TLS; any user, one password. `relayPort`: the server that it hands mail on to. */
export async function startDovecotSubmission(
  folder: string,
  password: string,
  relayPort: number,
): Promise<DovecotSubmission> {
  const port = await freePort();
  const at = (name: string) => path.join(folder, name);
  fs.chmodSync(folder, 0o755);
  for (const name of ["run", "log", "mail"]) fs.mkdirSync(at(name), { recursive: true });
  fs.chownSync(at("mail"), NOBODY, NOBODY);
  fs.writeFileSync(
    at("dovecot.conf"),
    `
protocols = submission
listen = 127.0.0.1
base_dir = ${folder}/run
log_path = ${folder}/log/dovecot.log
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = no
disable_plaintext_auth = no
hostname = upstream.test
submission_relay_host = 127.0.0.1
submission_relay_port = ${relayPort}
submission_relay_trusted = no
auth_mechanisms = plain login
passdb {
  driver = static
  args = password={PLAIN.b64}${Buffer.from(password).toString("base64")}
}
userdb {
  driver = static
  args = uid=${NOBODY} gid=${NOBODY} home=${folder}/mail/%u
}
service submission-login {
  inet_listener submission {
    port = ${port}
  }
}
`,
  );
  const child = startChild("/usr/sbin/dovecot", ["-F", "-c", at("dovecot.conf")], { cwd: "/" });
  const log = () => fs.existsSync(at("log/dovecot.log")) ? fs.readFileSync(at("log/dovecot.log"), "utf8") : "";
  await waitFor(
    () => `Dovecot to answer\n${child.output()}${log()}`,
    () => child.isRunning() ? portAnswers(port) : Promise.reject(new Error(child.output())),
  );
  return {
    port,
    log,
    async stop() {
      if (child.isRunning()) await stopChild(child);
    },
  };
}
