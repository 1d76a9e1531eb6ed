import { extensionScripts } from "./extension-scripts.ts";
import { type ConformanceScript, HELLO, LOGIN, messageOf, QUIT, scriptsOf } from "./script.ts";

const refused = (...commands: readonly string[]) => commands.map((command) => `C: ${command}\nS: -ERR…`).join("\n");

const LINES = ["Subject: a\r\nTo: b\r\n\r\nfirst\r\nsecond\r\nthird\r\n"];
const HEADER = "S: +OK…\nS: Subject: a\nS: To: b\nS:";
const DOTS = ["Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"];

const rfc1939 = scriptsOf("RFC 1939", [
  ["3", "keywords come in any case", `${LOGIN}\nC: stat\nS: +OK 2 320…\nC: lIsT 1\nS: +OK 1 120…\n${QUIT}`],
  [
    "3",
    "an unknown command is -ERR, and the session goes on",
    `${LOGIN}\nC: FOO bar\nS: -ERR…\nC: NOOP\nS: +OK…\n${QUIT}`,
  ],
  ["3", "status indicators are upper case", `S: /^\\+OK( |$)/\nC: foo\nS: /^-ERR( |$)/\n${QUIT}`],
  ["3", "an empty line is no command", `${LOGIN}\nC:\nS: -ERR…\nC: NOOP\nS: +OK…\n${QUIT}`],
  [
    "3",
    "a command in a state to which it does not belong is -ERR",
    `${HELLO}\n${refused("STAT", "RETR 1")}\n${QUIT}`,
  ],
  [
    "3",
    "and so is every other, and the client may go on",
    `${HELLO}\n${refused("LIST", "DELE 1", "RSET", "NOOP", "TOP 1 1", "UIDL", "UIDL 1", "LIST 1")}\n${QUIT}`,
    { own: true },
  ],
  ["3", "PASS without USER is refused", `${HELLO}\nC: PASS {password}\nS: -ERR…\n${QUIT}`],
  [
    "3",
    "a login is not allowed after the login",
    `${LOGIN}\n${refused("USER {login}", "PASS {password}")}\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  [
    "3",
    "a line of a response that begins with a dot has a second one, and a dot alone ends it",
    `${LOGIN}\nC: RETR 1\nS: +OK…\nS: Subject: dots\nS:\nS: ..\nS: ...\nS: ..x\nS: end\nS: .\nC: NOOP\nS: +OK…\n${QUIT}`,
    { messages: DOTS },
  ],
  [
    "3",
    "a response has 512 octets and less in its first line",
    `${LOGIN}\nC: RETR ${"9".repeat(200)}\nS: /^-ERR.{0,506}$/\n${QUIT}`,
  ],
  ["3", "a line that ends with a bare LF is no command", `${LOGIN}\nC> "NOOP\\n"\nS: -ERR…\n${QUIT}`, { own: true }],
  ["4", "the greeting is +OK", `S: /^\\+OK( .*)?$/\n${QUIT}`],
  ["4", "QUIT before the login is +OK, and the server closes", `${HELLO}\n${QUIT}`],
  [
    "4",
    "a wrong password is -ERR, and another login may follow",
    `${HELLO}\nC: USER {login}\nS: +OK…\nC: PASS {password}x\nS: -ERR…\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…\n${QUIT}`,
  ],
  [
    "4",
    "an unknown login is not told from a wrong password",
    `${HELLO}\nC: USER nobody\nS: +OK…\nC: PASS {password}x\nS: -ERR…\n${QUIT}`,
  ],
  ["4", "messages are numbered from 1", `${LOGIN}\nC: LIST\nS: +OK…\nS: 1 120…\nS: 2 200…\nS: .\n${QUIT}`],
  [
    "4",
    "another session cannot take messages from under a session that is open",
    `${LOGIN}\nS2: +OK…\nC2: USER {login}\nS2: +OK…\nC2: PASS {password}\nS2: /^/\nC2: DELE 1\nS2: /^/\nC2: QUIT\nS2: /^/\nC: RETR 1\nS: +OK…\nS*\n${QUIT}`,
  ],
  ["5", "STAT gives the number of messages and their octets", `${LOGIN}\nC: STAT\nS: /^\\+OK 2 320( |$)/\n${QUIT}`],
  ["5", "STAT of an empty maildrop", `${LOGIN}\nC: STAT\nS: /^\\+OK 0 0( |$)/\n${QUIT}`, { messages: [] }],
  [
    "5",
    "STAT does not count what is deleted",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nC: STAT\nS: /^\\+OK 1 200( |$)/\nC: RSET\nS: +OK…\n${QUIT}`,
  ],
  ["5", "LIST of an empty maildrop is an empty list", `${LOGIN}\nC: LIST\nS: +OK…\nS: .\n${QUIT}`, { messages: [] }],
  ["5", "LIST of one message is one line", `${LOGIN}\nC: LIST 2\nS: /^\\+OK 2 200( |$)/\n${QUIT}`],
  ["5", "LIST of a message that is not there is -ERR", `${LOGIN}\n${refused("LIST 3", "LIST 0")}\n${QUIT}`],
  [
    "5",
    "LIST leaves out what is deleted, and numbers stay",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nC: LIST\nS: +OK…\nS: 2 200…\nS: .\nC: LIST 1\nS: -ERR…\nC: RSET\nS: +OK…\n${QUIT}`,
  ],
  [
    "5",
    "RETR sends the message",
    `${LOGIN}\nC: RETR 1\nS: +OK…\nS: Subject: one\nS:\nS: ${"x".repeat(102)}\nS: .\n${QUIT}`,
  ],
  ["5", "RETR of a message that is not there is -ERR", `${LOGIN}\n${refused("RETR 3", "RETR 0", "RETR")}\n${QUIT}`],
  [
    "5",
    "DELE marks a message: every command refuses it from then on",
    `${LOGIN}\nC: DELE 1\nS: +OK…\n${
      refused("DELE 1", "RETR 1", "LIST 1", "UIDL 1", "TOP 1 1")
    }\nC: RSET\nS: +OK…\n${QUIT}`,
  ],
  ["5", "DELE of a message that is not there is -ERR", `${LOGIN}\n${refused("DELE 3", "DELE 0", "DELE")}\n${QUIT}`],
  ["5", "NOOP is +OK", `${LOGIN}\nC: NOOP\nS: +OK…\n${QUIT}`],
  [
    "5",
    "RSET takes the marks off",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nC: DELE 2\nS: +OK…\nC: RSET\nS: +OK…\nC: STAT\nS: +OK 2 320…\nC: DELE 1\nS: +OK…\nC: RSET\nS: +OK…\n${QUIT}`,
  ],
  [
    "5",
    "a number that is none is -ERR",
    `${LOGIN}\n${
      refused("RETR one", "DELE -1", "LIST x", "RETR 99999999999999999999")
    }\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  [
    "6",
    "QUIT removes what is marked, and the next session counts anew",
    `${LOGIN}\nC: DELE 1\nS: +OK…\n${QUIT}\nLOGIN\nC: LIST\nS: +OK…\nS: 1 200…\nS: .\n${QUIT}`,
  ],
  [
    "6",
    "a session that ends without QUIT removes nothing",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nDROP\nLOGIN\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  [
    "6",
    "QUIT after RSET removes nothing",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nC: RSET\nS: +OK…\n${QUIT}\nLOGIN\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  ["7", "TOP with 0 lines is the header and the empty line", `${LOGIN}\nC: TOP 1 0\n${HEADER}\nS: .\n${QUIT}`, {
    messages: LINES,
  }],
  ["7", "TOP with lines of the body", `${LOGIN}\nC: TOP 1 2\n${HEADER}\nS: first\nS: second\nS: .\n${QUIT}`, {
    messages: LINES,
  }],
  [
    "7",
    "TOP with more lines than there are is the whole message",
    `${LOGIN}\nC: TOP 1 100\n${HEADER}\nS: first\nS: second\nS: third\nS: .\n${QUIT}`,
    { messages: LINES },
  ],
  ["7", "TOP stuffs dots", `${LOGIN}\nC: TOP 1 2\nS: +OK…\nS: Subject: dots\nS:\nS: ..\nS: ...\nS: .\n${QUIT}`, {
    messages: DOTS,
  }],
  [
    "7",
    "TOP of what is not there, or with too few arguments, is -ERR",
    `${LOGIN}\n${refused("TOP 3 1", "TOP 1", "TOP", "TOP 1 -1")}\n${QUIT}`,
  ],
  [
    "7",
    "UIDL lists names of 1 to 70 characters from 0x21 to 0x7E",
    `${LOGIN}\nC: UIDL\nS: +OK…\nS: /^1 [!-~]{1,70}$/\nS: /^2 [!-~]{1,70}$/\nS: .\n${QUIT}`,
  ],
  [
    "7",
    "UIDL of one message",
    `${LOGIN}\nC: UIDL 2\nS: /^\\+OK 2 (?<uid>[!-~]{1,70})$/\nC: UIDL\nS: +OK…\nS: /^1 /\nS: 2 {uid}\nS: .\n${QUIT}`,
  ],
  ["7", "UIDL of a message that is not there is -ERR", `${LOGIN}\n${refused("UIDL 3", "UIDL 0")}\n${QUIT}`],
  [
    "7",
    "a message keeps its name in later sessions, whatever its number becomes",
    `${LOGIN}\nC: UIDL 2\nS: /^\\+OK 2 (?<uid>\\S+)$/\nC: DELE 1\nS: +OK…\n${QUIT}\nLOGIN\nC: UIDL\nS: +OK…\nS: 1 {uid}\nS: .\n${QUIT}`,
  ],
  [
    "7",
    "messages with the same octets may still have names of their own",
    `${LOGIN}\nC: UIDL 1\nS: /^\\+OK 1 (?<uid>\\S+)$/\nC: UIDL\nS: +OK…\nS: 1 {uid}\nS: /^2 (?!{uid}$)/\nS: .\n${QUIT}`,
    { messages: [messageOf(100), messageOf(100)], own: true },
  ],
  [
    "7",
    "UIDL leaves out what is deleted",
    `${LOGIN}\nC: DELE 1\nS: +OK…\nC: UIDL\nS: +OK…\nS: /^2 /\nS: .\nC: RSET\nS: +OK…\n${QUIT}`,
  ],
  [
    "7",
    "a password is taken with the spaces in it",
    `${HELLO}\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…\n${QUIT}`,
  ],
  [
    "7",
    "APOP, which needs passwords in the clear, is not offered",
    `S: /^\\+OK [^<]*$/\nC: APOP {login} c4c9334bac560ecc979e58001b3e22fb\nS: -ERR…\n${QUIT}`,
    { own: true },
  ],
  [
    "10",
    "the example session",
    `${LOGIN}\nC: STAT\nS: +OK 2 320…\nC: LIST\nS: +OK…\nS: 1 120…\nS: 2 200…\nS: .\nC: RETR 1\nS: +OK…\nS*\nC: DELE 1\nS: +OK…\nC: RETR 2\nS: +OK…\nS*\nC: DELE 2\nS: +OK…\n${QUIT}`,
  ],
  [
    "11",
    "sizes count each line end as two octets, and dot-stuffing not at all",
    `${LOGIN}\nC: STAT\nS: +OK 1 ${DOTS[0]!.length}…\nC: LIST 1\nS: +OK 1 ${DOTS[0]!.length}…\n${QUIT}`,
    { messages: DOTS },
  ],
]);

/** All of them, in the order of the standards. */
export const scripts: readonly ConformanceScript[] = [...rfc1939, ...extensionScripts];
