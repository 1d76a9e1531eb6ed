import type { Parsed } from "../../dialogue/verb.ts";
import { negative, type Pop3Reply } from "../reply.ts";

type Arguments<T> = Parsed<T, Pop3Reply>;

const NUMBER = /^\d{1,9}$/;

/** Nothing behind the verb. */
export function noArguments(verb: string): (text: string) => Arguments<null> {
  return (text) => text === "" ? { args: null } : wrong(`${verb} takes no argument`);
}

/** One message number, counted from 1. */
export function messageNumber(verb: string): (text: string) => Arguments<number> {
  return (text) => {
    const number = NUMBER.test(text) ? Number(text) : 0;
    return number > 0 ? { args: number } : wrong(`${verb} takes a message number, counted from 1`);
  };
}

/** A message number or nothing. */
export function optionalMessageNumber(verb: string): (text: string) => Arguments<number | null> {
  return (text) => text === "" ? { args: null } : messageNumber(verb)(text);
}

/** A message number and a number of lines, RFC 1939 section 7. */
export function numberAndLines(text: string): Arguments<{ readonly number: number; readonly lines: number }> {
  const words = text.split(/[ \t]+/);
  const [number, lines] = words.map((word) => (NUMBER.test(word) ? Number(word) : -1));
  if (words.length !== 2 || number! < 1 || lines! < 0) {
    return wrong("TOP takes a message number, counted from 1, and a number of lines");
  }
  return { args: { number: number!, lines: lines! } };
}

function wrong(text: string): { readonly reply: Pop3Reply } {
  return { reply: negative(text) };
}
