import { beforeEach, expect, test } from "vitest";
import { type MemoryMailbox, memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import { play, type Stage } from "./play.ts";
import { messageOf } from "./script.ts";
import { mailboxOf, serveOnPipe } from "./support.ts";

/*
 * How Thunderbird's POP3 client talks: one command at a time, AUTH PLAIN in two steps, STAT and LIST and UIDL whatever it
 * will do then; RETR (TOP with 20 lines for what is too large), and where mail is not left on the server DELE right behind
 * each RETR. It knows messages by their UIDLs, and forgets those that are listed no more.
 */

let mailbox: MemoryMailbox;
let stage: Stage;
beforeEach(() => {
  mailbox = mailboxOf([messageOf(120), messageOf(200), messageOf(90_000)]);
  const mailboxes = memoryMailboxes(new Map([["mrose", mailbox]]));
  stage = { connect: () => Promise.resolve(serveOnPipe(mailboxes).client) };
});

const CONNECT = `S: +OK…
  C: CAPA
  S: +OK…
  S* /^SASL .*PLAIN/
  C: AUTH PLAIN
  S: +${" "}
  C: {plain}
  S: +OK…`;
const QUIT = "C: QUIT\nS: +OK…\nS: (closed)";
const THREE = `C: STAT
  S: +OK 3 90320
  C: LIST
  S: +OK…
  S: 1 120
  S: 2 200
  S: 3 90000
  S: .
  C: UIDL
  S: +OK…
  S: 1 uid-1
  S: 2 uid-2
  S: 3 uid-3
  S: .`;
const session = (...steps: readonly string[]) => play(stage, [CONNECT, ...steps, QUIT].join("\n"));

test("it reads what is new, takes the top of what is too large, and leaves all on the server", async () => {
  const fetch = "C: RETR 1\nS: +OK…\nS*\nC: RETR 2\nS: +OK…\nS*\nC: TOP 3 20\nS: +OK…\nS* /^Subject: one$/";
  expect(await session(THREE, fetch)).toEqual([]);
  // The next time nothing is new: the names are the same.
  expect(await session(THREE)).toEqual([]);
  expect(mailbox.messages.length).toBe(3);
});

test("what was deleted in its folders, or has lain there long enough, it deletes by its name", async () => {
  expect(await session(THREE, "C: DELE 2\nS: +OK…")).toEqual([]);
  const two = "C: STAT\nS: +OK 2 90120\nC: LIST\nS: +OK…\nS: 1 120\nS: 2 90000\nS: .";
  expect(await session(two, "C: UIDL\nS: +OK…\nS: 1 uid-1\nS: 2 uid-3\nS: .")).toEqual([]);
});

test("it deletes each message behind its RETR where nothing is left on the server", async () => {
  const each = [1, 2, 3].map((number) => `C: RETR ${number}\nS: +OK…\nS*\nC: DELE ${number}\nS: +OK…`);
  expect(await session(THREE, ...each)).toEqual([]);
  expect(mailbox.messages).toEqual([]);
  expect(await session("C: STAT\nS: +OK 0 0")).toEqual([]);
});

test("a wrong password is told, and the next one is taken on the same connection", async () => {
  const script = `S: +OK…
    C: CAPA
    S: +OK…
    S*
    C: AUTH PLAIN
    S: +${" "}
    C: {base64:\0mrose\0wrong}
    S: -ERR…
    C: USER {login}
    S: +OK…
    C: PASS {password}
    S: +OK…
    C: NOOP
    S: +OK…
    ${QUIT}`;
  expect(await play(stage, script)).toEqual([]);
});
