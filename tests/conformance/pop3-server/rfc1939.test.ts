import { expect, test } from "vitest";
import { messageOf, play, waypost } from "./support.ts";

const LOGIN = `
  S: +OK …
  C: USER mrose
  S: +OK …
  C: PASS secret
  S: +OK …`;

const TWO = [messageOf(120), messageOf(200)];

/** The example sessions of RFC 1939 by section, with USER and PASS in place of APOP. */
const sessions: readonly [name: string, messages: readonly string[], transcript: string][] = [
  ["section 4: QUIT before the login", [], "S: +OK …\nC: QUIT\nS: +OK …\nS: (closed)"],
  ["section 5: STAT", TWO, `${LOGIN}\nC: STAT\nS: +OK 2 320`],
  ["section 5: LIST", TWO, `${LOGIN}\nC: LIST\nS: +OK 2 messages (320 octets)\nS: 1 120\nS: 2 200\nS: .`],
  ["section 5: LIST of one", TWO, `${LOGIN}\nC: LIST 2\nS: +OK 2 200`],
  ["section 5: LIST of none", TWO, `${LOGIN}\nC: LIST 3\nS: -ERR no such message, 2 messages in maildrop`],
  [
    "section 5: RETR",
    TWO,
    `${LOGIN}
     C: RETR 1
     S: +OK 120 octets
     S: Subject: one
     S:${" "}
     S: ${"x".repeat(102)}
     S: .`,
  ],
  ["section 5: DELE", TWO, `${LOGIN}\nC: DELE 1\nS: +OK message 1 deleted\nC: DELE 1\nS: -ERR message 1 is deleted`],
  ["section 5: NOOP", TWO, `${LOGIN}\nC: NOOP\nS: +OK`],
  [
    "section 5: RSET",
    TWO,
    `${LOGIN}
     C: DELE 2
     S: +OK …
     C: STAT
     S: +OK 1 120
     C: RSET
     S: +OK maildrop has 2 messages (320 octets)
     C: LIST 2
     S: +OK 2 200`,
  ],
  ["section 6: QUIT, maildrop empty", [], `${LOGIN}\nC: QUIT\nS: +OK goodbye (maildrop empty)\nS: (closed)`],
  ["section 6: QUIT, 2 messages left", TWO, `${LOGIN}\nC: QUIT\nS: +OK goodbye (2 messages left)\nS: (closed)`],
  [
    "section 7: TOP",
    ["Subject: a\r\nTo: b\r\n\r\nfirst\r\nsecond\r\nthird\r\n"],
    `${LOGIN}
     C: TOP 1 2
     S: +OK …
     S: Subject: a
     S: To: b
     S:${" "}
     S: first
     S: second
     S: .
     C: TOP 1 0
     S: +OK …
     S: Subject: a
     S: To: b
     S:${" "}
     S: .
     C: TOP 1 100
     S: +OK …
     S: Subject: a
     S: To: b
     S:${" "}
     S: first
     S: second
     S: third
     S: .
     C: TOP 3 100
     S: -ERR no such message, 1 message in maildrop`,
  ],
  [
    "section 7: UIDL",
    TWO,
    `${LOGIN}
     C: UIDL
     S: +OK …
     S: 1 uid-1
     S: 2 uid-2
     S: .
     C: UIDL 2
     S: +OK 2 uid-2
     C: UIDL 3
     S: -ERR no such message, 2 messages in maildrop`,
  ],
  [
    "section 7: USER and PASS",
    [],
    `S: +OK …
     C: USER frated
     S: +OK …
     C: PASS wrong
     S: -ERR [AUTH] wrong login or password
     C: PASS secret
     S: -ERR send USER first
     C: USER mrose
     S: +OK …
     C: PASS secret
     S: +OK maildrop has 0 messages (0 octets)`,
  ],
  [
    "section 10: the example session",
    TWO,
    `${LOGIN}
     C: STAT
     S: +OK 2 320
     C: LIST
     S: +OK 2 messages (320 octets)
     S: 1 120
     S: 2 200
     S: .
     C: RETR 1
     S: +OK 120 octets
     S: Subject: one
     S:${" "}
     S: ${"x".repeat(102)}
     S: .
     C: DELE 1
     S: +OK message 1 deleted
     C: RETR 2
     S: +OK 200 octets
     S: Subject: one
     S:${" "}
     S: ${"x".repeat(182)}
     S: .
     C: DELE 2
     S: +OK message 2 deleted
     C: QUIT
     S: +OK goodbye (maildrop empty)
     S: (closed)`,
  ],
];

for (const [name, messages, transcript] of sessions) {
  test(`RFC 1939 ${name}`, async () => {
    expect(await play(await waypost(messages), transcript)).toEqual([]);
  });
}

test("every command is refused in the state to which it does not belong", async () => {
  const before = ["STAT", "LIST", "RETR 1", "DELE 1", "NOOP", "RSET", "TOP 1 1", "UIDL"];
  const after = ["USER mrose", "PASS secret", "STLS", "AUTH PLAIN"];
  const refusals = (commands: readonly string[], text: string) =>
    commands.map((command) => `C: ${command}\nS: -ERR ${command.split(" ")[0]} is ${text}`).join("\n");
  const transcript = `S: +OK …
    ${refusals(before, "allowed after the login only")}
    C: PASS secret
    S: -ERR send USER first
    C: USER mrose
    S: +OK …
    ${refusals(before, "allowed after the login only")}
    C: PASS secret
    S: +OK …
    ${refusals(after, "not allowed after the login")}`;
  expect(await play(await waypost(TWO), transcript)).toEqual([]);
});

test("arguments that are missing, wrong or too many are refused, and the session goes on", async () => {
  const wrong = ["RETR", "RETR 0", "RETR -1", "RETR 1 2", "RETR one", "DELE", "TOP 1", "TOP 1 -1", "TOP 0 1", "LIST x"];
  const transcript = `${LOGIN}
    ${[...wrong, "STAT 1", "UIDL 1 2", "NOOP 1", "FOO", ""].map((command) => `C: ${command}\nS: -ERR …`).join("\n")}
    C: stat
    S: +OK 2 320
    C: lIsT 1
    S: +OK 1 120`;
  expect(await play(await waypost(TWO), transcript)).toEqual([]);
});

test("a deleted message is invisible in every command", async () => {
  const transcript = `${LOGIN}
    C: DELE 1
    S: +OK …
    C: STAT
    S: +OK 1 200
    C: LIST
    S: +OK 1 message (200 octets)
    S: 2 200
    S: .
    C: UIDL
    S: +OK …
    S: 2 uid-2
    S: .
    ${["RETR 1", "TOP 1 1", "LIST 1", "UIDL 1"].map((line) => `C: ${line}\nS: -ERR message 1 is deleted`).join("\n")}`;
  expect(await play(await waypost(TWO), transcript)).toEqual([]);
});
