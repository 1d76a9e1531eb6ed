import type { Phase, SessionOutcome } from "./phases.ts";

/** What a handler answers: the reply, the state after it, and what happens once the reply has left. */
export interface Answer<State, Reply> {
  readonly reply: Reply;
  /** The state from now on; absent: as before. */
  readonly state?: State;
  /** What follows the reply: a POP3 multi-line response, stuffed and ended. If it throws, the session ends in silence. */
  readonly body?: readonly Uint8Array[] | AsyncIterable<Uint8Array>;
  /** Runs when all of the answer was given: a TLS handshake. */
  readonly after?: () => Promise<void> | void;
  /** The phase that begins when all this is done, if one does. */
  readonly phase?: Phase;
  /** The session ends with this reply. */
  readonly end?: SessionOutcome;
}

/** What a parser makes of the text behind a verb: arguments, or the reply that says what was wrong. */
export type Parsed<Args, Reply> = { readonly args: Args } | { readonly reply: Reply };

/** A verb as the loop sees it. One row of a protocol's command table. */
export interface Verb<State extends { readonly at: string }, Context, Reply> {
  readonly name: string;
  /** The states in which it is allowed. */
  readonly in: readonly State["at"][];
  /** The phase that it begins, if it begins one; by state where that makes a difference. */
  readonly phase?: Phase | Partial<Record<State["at"], Phase>>;
  /** Where it is specified. */
  readonly rfc: string;
  /** All behind the one space after the verb is the argument, with the spaces around it: a password. */
  readonly whole?: true;
  /** What a transcript shows instead of the arguments, where they hold a secret. */
  readonly redact?: (text: string) => string;
  /** Parses the arguments and runs the command; the loop has checked the state. */
  readonly run: (state: State, text: string, context: Context) => Answer<State, Reply> | Promise<Answer<State, Reply>>;
}

/**
 * Writes one row: ties the type of the state to the states named in `in`, and the parser's result to the handler, so
 * that a handler cannot be reached in another state nor without its arguments.
 */
export function verbsOf<State extends { readonly at: string }, Context, Reply>() {
  return function verb<const At extends State["at"], Args>(row: {
    readonly name: string;
    readonly in: readonly At[];
    readonly phase?: Phase | Partial<Record<State["at"], Phase>>;
    readonly rfc: string;
    readonly whole?: true;
    readonly redact?: (text: string) => string;
    readonly parse: (text: string, context: Context) => Parsed<Args, Reply>;
    readonly run: (
      state: Extract<State, { readonly at: At }>,
      args: Args,
      context: Context,
    ) => Answer<State, Reply> | Promise<Answer<State, Reply>>;
  }): Verb<State, Context, Reply> {
    const { parse, run, ...rest } = row;
    return {
      ...rest,
      run(state, text, context) {
        const parsed = parse(text, context);
        if ("reply" in parsed) return parsed;
        return run(state as Extract<State, { readonly at: At }>, parsed.args, context);
      },
    };
  };
}
