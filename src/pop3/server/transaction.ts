import { type Answer, verbsOf } from "../../dialogue/verb.ts";
import { describeError } from "../../net/errors.ts";
import { negative, type Pop3Reply, positive } from "../reply.ts";
import { messageNumber, noArguments, numberAndLines, optionalMessageNumber } from "./arguments.ts";
import { countOf, type Maildrop } from "./maildrop.ts";
import { beginning, listing, stuffed } from "./multiline.ts";
import type { MessageList, MessageOctets } from "./ports.ts";
import { ANY_STATE, type Pop3Context, type Pop3State } from "./state.ts";

type Pop3Answer = Answer<Pop3State, Pop3Reply>;

const verb = verbsOf<Pop3State, Pop3Context, Pop3Reply>();

/** The verbs that work on an open maildrop, and QUIT. */
export const transactionVerbs = [
  verb({
    name: "STAT",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: noArguments("STAT"),
    run: ({ maildrop }) => ({ reply: positive(`${maildrop.count} ${maildrop.octets}`) }),
  }),
  verb({
    name: "LIST",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: optionalMessageNumber("LIST"),
    run: ({ maildrop }, number) =>
      describe(
        maildrop,
        number,
        `${countOf(maildrop.count)} (${maildrop.octets} octets)`,
        (messages, index) => messages.octetsOf(index),
      ),
  }),
  verb({
    name: "UIDL",
    in: ["transaction"],
    rfc: "RFC 1939 section 7",
    parse: optionalMessageNumber("UIDL"),
    run: ({ maildrop }, number) =>
      describe(maildrop, number, "unique-ids follow", (messages, index) => messages.uidlOf(index)),
  }),
  verb({
    name: "RETR",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: messageNumber("RETR"),
    run({ maildrop }, number, context) {
      const found = maildrop.find(number);
      return "reply" in found ? found : retrieve(maildrop, found.index, context);
    },
  }),
  verb({
    name: "TOP",
    in: ["transaction"],
    rfc: "RFC 1939 section 7",
    parse: numberAndLines,
    async run({ maildrop }, { number, lines }) {
      const found = maildrop.find(number);
      if ("reply" in found) return found;
      const opened = await open(maildrop, found.index);
      if ("reply" in opened) return opened;
      return { reply: positive("top of message follows"), body: stuffed(beginning(opened.message, lines)) };
    },
  }),
  verb({
    name: "DELE",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: messageNumber("DELE"),
    run({ maildrop }, number) {
      const found = maildrop.find(number);
      if ("reply" in found) return found;
      if (maildrop.mailbox.readOnly) return { reply: negative("another session has the mailbox open: this one reads") };
      maildrop.delete(found.index);
      return { reply: positive(`message ${number} deleted`) };
    },
  }),
  verb({
    name: "RSET",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: noArguments("RSET"),
    run({ maildrop }) {
      maildrop.reset();
      return { reply: positive(`maildrop has ${countOf(maildrop.count)} (${maildrop.octets} octets)`) };
    },
  }),
  verb({
    name: "NOOP",
    in: ["transaction"],
    rfc: "RFC 1939 section 5",
    parse: noArguments("NOOP"),
    run: () => ({ reply: positive("") }),
  }),
  verb({
    name: "QUIT",
    in: ANY_STATE,
    // Without a login there is nothing to update (RFC 1939 section 4).
    phase: { transaction: "update" },
    rfc: "RFC 1939 sections 4 and 6",
    parse: noArguments("QUIT"),
    run: (state) => state.at === "transaction" ? update(state.maildrop) : goodbye(positive("goodbye")),
  }),
];

/** What LIST or UIDL says of a message. */
type ValueOf = (messages: MessageList, index: number) => string | number;

/** LIST and UIDL: one message's line in the reply, or a line for each. */
function describe(
  maildrop: Maildrop,
  number: number | null,
  heading: string,
  valueOf: ValueOf,
): Pop3Answer {
  if (number === null) return { reply: positive(heading), body: listing(lines(maildrop, valueOf)) };
  const found = maildrop.find(number);
  return "reply" in found ? found : { reply: positive(`${number} ${valueOf(maildrop.mailbox.messages, found.index)}`) };
}

function* lines(maildrop: Maildrop, valueOf: ValueOf): Generator<string> {
  const { messages } = maildrop.mailbox;
  for (const index of maildrop.visible()) yield `${index + 1} ${valueOf(messages, index)}`;
}

async function retrieve(maildrop: Maildrop, index: number, context: Pop3Context): Promise<Pop3Answer> {
  const opened = await open(maildrop, index);
  if ("reply" in opened) return opened;
  const { mailbox } = maildrop;
  return {
    reply: positive(`${mailbox.messages.octetsOf(index)} octets`),
    body: stuffed(watched(opened.message, context)),
    after() {
      context.dialogue.log.messages++;
      mailbox.retrieved(index);
    },
  };
}

/** A message's octets, or the reply that says that they cannot be had: the others are not affected. */
async function open({ mailbox }: Maildrop, index: number): Promise<{ message: MessageOctets } | { reply: Pop3Reply }> {
  try {
    return { message: await mailbox.open(index) };
  } catch (error) {
    return { reply: negative("the message cannot be read", "SYS/TEMP", describeError(error)) };
  }
}

/** A message whose pieces tell that the client is there: one is asked for once the client has taken those before it. */
function watched(message: MessageOctets, context: Pop3Context): MessageOctets {
  return message instanceof Uint8Array ? message : watchedPieces(message, context);
}

async function* watchedPieces(message: AsyncIterable<Uint8Array>, context: Pop3Context): AsyncGenerator<Uint8Array> {
  for await (const piece of message) {
    context.activeAt = performance.now();
    yield piece;
  }
}

/** The update state, RFC 1939 section 6: +OK once the removal is durable, and the lock is free before the client hears it. */
async function update(maildrop: Maildrop): Promise<Pop3Answer> {
  const { mailbox } = maildrop;
  const indexes = maildrop.deleted;
  try {
    if (indexes.length > 0) await mailbox.remove(indexes);
  } catch (error) {
    const cause = `${countOf(indexes.length)} could not be removed: ${describeError(error)}`;
    return goodbye(negative("the deleted messages were not removed", "SYS/TEMP", cause));
  } finally {
    mailbox.close();
  }
  const left = maildrop.count === 0 ? "maildrop empty" : `${countOf(maildrop.count)} left`;
  return goodbye(positive(`goodbye (${left})`));
}

function goodbye(reply: Pop3Reply): Pop3Answer {
  return { reply, end: reply.ok ? "completed" : "failed" };
}
