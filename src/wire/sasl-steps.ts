import type { NewNonce, ScramKeys } from "./scram.ts";

/** What a client proves itself with. */
export interface SaslCredentials {
  /** The authentication identity. */
  readonly login: string;
  readonly password: string;
  /** The identity to act as, where it is another than `login`. */
  readonly authorizationId?: string | undefined;
}

/** Whom an exchange is about. */
export interface SaslIdentity {
  readonly login: string;
  /** Empty: the client acts as `login`. Whether it may act as another is the caller's decision. */
  readonly authorizationId: string;
}

/** What follows from a client's message, in plain text. */
export type ServerStepOutcome =
  /** The exchange goes on. */
  | { readonly challenge: string; readonly next: ServerStep }
  /** The client has told the password. */
  | (SaslIdentity & { readonly password: string })
  /** The exchange goes on with the login's keys and a nonce. */
  | (SaslIdentity & { readonly proceed: (keys: ScramKeys, nonce: string) => ServerStepOutcome })
  /** The client has proven that it knows the password, or failed to; `final` proves that the server knows it. */
  | (SaslIdentity & { readonly proven: boolean; readonly final: string })
  | { readonly malformed: string };

/** A server's step on plain text: the client's message in, what follows from it out. */
export type ServerStep = (message: string) => ServerStepOutcome;

/** What follows from a server's message, in plain text. */
export type ClientStepOutcome =
  | {
    readonly response: string;
    readonly next: ClientStep;
    /** The server has still to prove that it knows the password: its success is not to be believed yet. */
    readonly awaitsProof?: boolean;
  }
  | { readonly unexpected: string };

/** A client's step on plain text: the server's message in (undefined: not base64), the answer out. */
export type ClientStep = (message: string | undefined) => ClientStepOutcome | Promise<ClientStepOutcome>;

/** How a client begins. */
export interface ClientOpening {
  /** What it says first; undefined: the server speaks first. */
  readonly initial?: string;
  readonly next: ClientStep;
  readonly awaitsProof?: boolean;
}

/** A mechanism: all that the exchanges need to know of it. */
export interface SaslMechanism {
  readonly name: string;
  readonly rfc: string;
  /** Asks for the client's first message when it did not stand on the AUTH line. */
  readonly opening: string;
  /** The server's step for the client's first message. */
  readonly serve: ServerStep;
  /** The client's opening. @throws SaslprepError when these credentials cannot be sent by it */
  readonly answer: (credentials: SaslCredentials, newNonce: NewNonce) => ClientOpening;
}

/** A server that asks for more than its mechanism allows. */
export function expectNoMore(): ClientStepOutcome {
  return { unexpected: "The server asked for more than its authentication mechanism allows" };
}
