import { maxSaslLineOctets, needsScramKeys, saslMechanismNames, startSaslServer } from "../wire/sasl.ts";
import type { SaslServerOutcome } from "../wire/sasl.ts";
import type { ScramKeys } from "../wire/scram.ts";
import { Secret, SECRET_SHOWN } from "../wire/secret.ts";

/** The keys of a login for one exchange. A login that does not exist has keys that nothing fits. */
export interface ScramChallenge {
  readonly keys: ScramKeys;
  /** A number used once. */
  readonly nonce: string;
}

/** What a login by AUTH asks of those who know the accounts. Each gives what was asked for, or the reply that refuses. */
export interface LoginChecks<Granted, Reply> {
  password(login: string, password: Secret): Promise<Granted | Refused<Reply>>;
  scramChallenge(login: string): Promise<ScramChallenge | Refused<Reply>>;
  /** Takes what came of a SCRAM exchange; a wrong proof is a wrong password. */
  scramProof(login: string, proven: boolean): Promise<Granted | Refused<Reply>>;
}

/** A refusal of the protocol at hand. */
export interface Refused<Reply> {
  readonly reply: Reply;
}

/** Why an exchange came to nothing before anything was checked: reply code of SMTP, enhanced code, sentence. */
export type BrokenExchange = Extract<SaslServerOutcome, { type: "refused" }>;

/** How the protocol at hand says things. */
export interface LoginWords<Reply> {
  readonly challenge: (line: string) => Reply;
  readonly broken: (outcome: BrokenExchange) => Reply;
  readonly otherIdentity: () => Reply;
}

/** One AUTH of a client. */
export interface LoginExchange<Granted, Reply> {
  readonly mechanism: string;
  readonly initial: string | undefined;
  /** Sends a challenge and takes the line that answers it, as ServerDialogue does. */
  readonly ask: (reply: Reply, shown: string, maxOctets: number) => Promise<string>;
  readonly words: LoginWords<Reply>;
  readonly checks: LoginChecks<Granted, Reply>;
}

/** The mechanisms that a server offers; those with keys only where every account has them. */
export function offeredMechanisms(offersScram: boolean): readonly string[] {
  return saslMechanismNames.filter((name) => offersScram || !needsScramKeys(name));
}

/**
 * Conducts one AUTH to its end, the same for all server hops. RFC 4954 section 4, RFC 5034 section 4.
 * @returns what the checks granted, or the reply that refuses
 */
export async function conductLogin<Granted extends object, Reply>(
  { mechanism, initial, ask, words, checks }: LoginExchange<Granted, Reply>,
): Promise<Granted | Refused<Reply>> {
  const challenge = (line: string) => ask(words.challenge(line), SECRET_SHOWN, maxSaslLineOctets + 2);
  let outcome = startSaslServer(mechanism, initial);
  for (;;) {
    if (outcome.type === "refused") return { reply: words.broken(outcome) };
    if (outcome.type === "challenge") {
      outcome = outcome.respond(await challenge(outcome.line));
      continue;
    }
    const { login, authorizationId } = outcome;
    if (authorizationId !== "" && authorizationId !== login) return { reply: words.otherIdentity() };
    if (outcome.type === "password") return await checks.password(login, new Secret(outcome.password));
    if (outcome.type === "proof") {
      const granted = await checks.scramProof(login, outcome.proven);
      if ("reply" in granted) return granted;
      // Nothing is left to say for the client: an empty line shows that it has seen the server's proof.
      if (await challenge(outcome.line) !== "") return { reply: words.broken(unwanted) };
      return granted;
    }
    const found = await checks.scramChallenge(login);
    if ("reply" in found) return found;
    outcome = outcome.proceed(found.keys, found.nonce);
  }
}

const unwanted: BrokenExchange = {
  type: "refused",
  code: 501,
  enhanced: "5.7.0",
  text: "Authentication cancelled",
};
