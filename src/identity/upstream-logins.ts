import { createHmac, randomBytes } from "node:crypto";
import { type Recorder, SessionLog } from "../dialogue/session.ts";
import type { Connection } from "../net/connection.ts";
import { describeError } from "../net/errors.ts";
import { connect } from "../net/listener.ts";
import { capabilities, logIn, openSession, type Pop3Target } from "../pop3/client/login.ts";
import { quit } from "../pop3/client/mailbox.ts";
import { Pop3Error } from "../pop3/reply.ts";
import type { Account, UpstreamLogin } from "../settings.ts";
import type { NextId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../wire/clock.ts";
import type { Secret } from "../wire/secret.ts";
import type { Directory } from "./directory.ts";
import { adoptAccount, isAdopted } from "./adopted-accounts.ts";
import type { SecretBox } from "./secrets.ts";

/** What checking logins upstream needs. */
export interface UpstreamLoginPorts {
  /** The domains of this moment. */
  readonly rules: () => readonly UpstreamLogin[];
  readonly directory: () => Directory;
  readonly store: Store;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly recorder: Recorder;
  /** Has the rest of Waypost use the accounts of the database as they are now. */
  readonly adopted: () => Promise<void>;
  /** How a TCP connection is made; absent: over the network. */
  readonly connect?: ((host: string, port: number, timeoutMs: number) => Promise<Connection>) | undefined;
}

/** What the upstream says of a login. */
export type UpstreamAnswer =
  | { readonly answer: "accepted"; readonly account: Account; readonly isNew: boolean }
  | { readonly answer: "refused" }
  /** It could not be asked, or would not say; `why` is for the owner. */
  | { readonly answer: "unavailable"; readonly why: string };

/** A login that no account here fits. */
export interface UpstreamAttempt {
  readonly login: string;
  readonly password: Secret;
  /** Whether an account may be made. */
  readonly mayCreate: boolean;
}

/** Logins with the upstream's own address and password, where the settings allow them for its domain. */
export interface UpstreamLogins {
  /** Whether the login is an address of such a domain. */
  serves(login: string): boolean;
  /** Whether there is any such domain. */
  isUsed(): boolean;
  /**
   * Asks the upstream, and remembers what it has accepted: the account, its password as a hash, and sealed as the one of
   * its source. Null: the upstream is not to be asked about this login, for one of the owner's making for example.
   * @throws StoreError
   */
  check(attempt: UpstreamAttempt): Promise<UpstreamAnswer | null>;
}

/** A client waits: an upstream that takes longer is away. */
const TIMEOUT_MS = 10_000;
/** How long what an upstream has refused is refused here without asking: providers lock out those who insist. */
const REFUSED_MS = 15 * 60_000;
/** How long what it has accepted is accepted: clients open several sessions at once, the first of which makes the account. */
const ACCEPTED_MS = 60_000;
const REMEMBERED_MOST = 1_000;
const CHECKS_AT_ONCE = 8;

/** Makes it. */
export function createUpstreamLogins(ports: UpstreamLoginPorts): UpstreamLogins {
  const underWay = new Map<string, Promise<UpstreamAnswer>>();
  const keyOf = createKeys();
  const refused = rememberFor(ports.clock, REFUSED_MS);
  const accepted = rememberFor(ports.clock, ACCEPTED_MS);
  const ruleOf = (login: string) => {
    const at = login.lastIndexOf("@");
    const domain = login.slice(at + 1).toLowerCase();
    return at > 0 ? ports.rules().find((rule) => rule.domain === domain) : undefined;
  };
  return {
    serves: (login) => ruleOf(login) !== undefined,
    isUsed: () => ports.rules().length > 0,
    async check({ login, password, mayCreate }) {
      const rule = ruleOf(login);
      const account = ports.directory().account(login);
      if (!rule || (account ? !await isAdopted(ports.store, account.login) : !mayCreate)) return null;
      const key = keyOf(login, password);
      if (refused.get(key) === key) return { answer: "refused" };
      if (account && accepted.get(account.login) === key) return { answer: "accepted", account, isNew: false };
      const other = underWay.get(key);
      if (other) return await other;
      if (underWay.size >= CHECKS_AT_ONCE) return { answer: "unavailable", why: "too many logins are being checked" };
      const asking = ask(rule, { login, password }, account, ports);
      underWay.set(key, asking);
      try {
        const answer = await asking;
        if (answer.answer === "refused") refused.set(key, key);
        if (answer.answer === "accepted") accepted.set(answer.account.login, key);
        return answer;
      } finally {
        underWay.delete(key);
      }
    },
  };
}

async function ask(
  rule: UpstreamLogin,
  { login, password }: Pick<UpstreamAttempt, "login" | "password">,
  account: Account | undefined,
  ports: UpstreamLoginPorts,
): Promise<UpstreamAnswer> {
  const username = rule.username === "address" ? login : login.slice(0, login.lastIndexOf("@"));
  const verdict = await logInThere(rule, { login, username, password }, ports);
  if (verdict !== "accepted") return verdict;
  const name = account?.login ?? login.toLowerCase();
  await adoptAccount(ports, { login: name, username, password, rule });
  await ports.adopted();
  const found = ports.directory().account(name);
  if (!found) return { answer: "unavailable", why: `the account ${name} could not be read back` };
  return { answer: "accepted", account: found, isNew: account === undefined };
}

/** One session with the upstream, recorded as such. */
async function logInThere(
  rule: UpstreamLogin,
  { login, username, password }: { readonly login: string; readonly username: string; readonly password: Secret },
  ports: UpstreamLoginPorts,
): Promise<"accepted" | Exclude<UpstreamAnswer, { answer: "accepted" }>> {
  const peer = { address: rule.host, port: rule.port };
  const start = { id: ports.nextId(), hop: "pop3-client", peer, localPort: 0, peerName: rule.host, account: login };
  const log = new SessionLog({ ...start, hop: "pop3-client" }, ports.recorder, ports.clock);
  let connection: Connection | undefined;
  try {
    const client = await openSession(targetOf(rule), log, ports.connect ?? connect);
    connection = client.dialogue.connection;
    await logIn(client, await capabilities(client), username, password);
    // It has said what there was to say: whether it says goodbye as well changes nothing.
    await quit(client).catch((error: unknown) => log.note(describeError(error)));
    log.end("completed");
    return "accepted";
  } catch (error) {
    const verdict = verdictOf(error);
    log.end(verdict === "accepted" ? "completed" : "failed", describeError(error));
    return verdict;
  } finally {
    connection?.destroy();
  }
}

/** What an error says of the password. [IN-USE] comes to those alone who are who they say (RFC 2449 section 8.1.2). */
function verdictOf(error: unknown): "accepted" | Exclude<UpstreamAnswer, { answer: "accepted" }> {
  const why = describeError(error);
  if (!(error instanceof Pop3Error) || !/^(USER|PASS|AUTH)\b/.test(error.step)) return { answer: "unavailable", why };
  const { code } = error.reply;
  if (code === "IN-USE") return "accepted";
  if (code === "LOGIN-DELAY" || code?.startsWith("SYS/")) return { answer: "unavailable", why };
  return { answer: "refused" };
}

function targetOf({ host, port, tls, ca, verify }: UpstreamLogin): Pop3Target {
  const timeouts = { connectTimeoutMs: TIMEOUT_MS, commandTimeoutMs: TIMEOUT_MS, dataTimeoutMs: TIMEOUT_MS };
  return { host, port, tls, ca: ca?.pem, verify, ...timeouts };
}

/** Names a login and its password without telling them. */
function createKeys(): (login: string, password: Secret) => string {
  const digestKey = randomBytes(32);
  return (login, password) =>
    createHmac("sha256", digestKey).update(`${login.toLowerCase()}\0${password.reveal()}`).digest("base64");
}

/** What is remembered for a while by name, the newest of it. */
function rememberFor(clock: Clock, ms: number) {
  const known = new Map<string, { readonly value: string; readonly until: number }>();
  return {
    get(name: string): string | undefined {
      const found = known.get(name);
      return found && found.until > clock.now() ? found.value : undefined;
    },
    set(name: string, value: string): void {
      known.delete(name);
      known.set(name, { value, until: clock.now() + ms });
      if (known.size > REMEMBERED_MOST) known.delete(known.keys().next().value!);
    },
  };
}
