import { extensionScripts } from "./extension-scripts.ts";
import { type ConformanceScript, DATA, HELLO, MAIL, ONE_MESSAGE, QUIT, RCPT } from "./script.ts";

const rfc5321: readonly (readonly [string, string, string, Partial<ConformanceScript>?])[] = [
  [
    "2.3.5",
    "EHLO with a domain or an address literal is accepted",
    `S: 220\nC: EHLO [192.0.2.1]\nS: 250\nC: EHLO [IPv6:2001:db8::1]\nS: 250\n${QUIT}`,
  ],
  ["2.3.8", "a command line that ends with a bare LF is no command", `${HELLO}\nC> "NOOP\\n"\nS: 5\n${QUIT}`, {
    own: true,
  }],
  ["2.3.8", "a bare CR ends no command", `${HELLO}\nC> "NOOP\\rRSET\\r\\n"\nS: 5\n${QUIT}`, { own: true }],
  [
    "2.3.8",
    "a message with a bare LF is refused as a whole",
    `${DATA}\nC> "a\\nb\\r\\n.\\r\\n"\nS: 550 5.6.0\n${QUIT}`,
    { own: true },
  ],
  [
    "2.4",
    "verbs and keywords come in any case",
    `S: 220\nC: eHlO client.example\nS: 250\nC: mail from:<a@example.net>\nS: 250\nC: rcpt to:<b@example.org>\nS: 250\nC: rSeT\nS: 250\n${QUIT}`,
  ],
  ["3.1", "the greeting names the host", `S: 220 ~ ^\\S+\n${QUIT}`],
  [
    "3.2",
    "EHLO is answered by the host's name and the extensions",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^[A-Z0-9]+\n${QUIT}`,
  ],
  [
    "3.2",
    "HELO is answered in one line, and mail is taken after it",
    `S: 220\nC: HELO client.example\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "3.3",
    "MAIL, RCPT, DATA take a message, and another after it",
    `${DATA}\n${ONE_MESSAGE}\nS: 250\nC: MAIL FROM:<c@example.net>\nS: 250\nC: RCPT TO:<d@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  ["3.3", "RCPT without MAIL is out of sequence", `${HELLO}\nC: RCPT TO:<b@example.org>\nS: 503\n${QUIT}`],
  ["3.3", "DATA without MAIL is out of sequence", `${HELLO}\nC: DATA\nS: 503\n${QUIT}`],
  ["3.3", "DATA without a recipient is refused", `${MAIL}\nC: DATA\nS: 503|554\n${QUIT}`],
  ["3.3", "a second MAIL is out of sequence", `${MAIL}\nC: MAIL FROM:<c@example.net>\nS: 503\n${QUIT}`],
  ["3.5.3", "VRFY neither confirms nor denies", `${HELLO}\nC: VRFY postmaster\nS: 252\n${QUIT}`, { own: true }],
  [
    "3.6.1",
    "a source route is taken and dropped",
    `${MAIL}\nC: RCPT TO:<@one.example,@two.example:b@example.org>\nS: 250\n${QUIT}`,
  ],
  ["3.8", "QUIT is answered, then the server closes", `S: 220\n${QUIT}`],
  [
    "4.1.1",
    "an unknown command is 500, and the session goes on",
    `${HELLO}\nC: FOO bar\nS: 500|502\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  ["4.1.1", "an empty line is no command", `${HELLO}\nC> "\\r\\n"\nS: 500\nC: NOOP\nS: 250\n${QUIT}`],
  ["4.1.1.1", "EHLO without a name is 501", `S: 220\nC: EHLO\nS: 501\n${QUIT}`],
  ["4.1.1.1", "commands before EHLO are out of sequence", `S: 220\nC: MAIL FROM:<a@example.net>\nS: 503\n${QUIT}`, {
    own: true,
  }],
  [
    "4.1.1.2",
    "MAIL takes the null reverse-path",
    `${HELLO}\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.2", "MAIL without FROM: is 501", `${HELLO}\nC: MAIL\nS: 501\nC: MAIL <a@example.net>\nS: 501\n${QUIT}`],
  ["4.1.1.2", "a space behind the colon is let pass", `${HELLO}\nC: MAIL FROM: <a@example.net>\nS: 250\n${QUIT}`, {
    own: true,
  }],
  ["4.1.1.3", "RCPT takes <postmaster> without a domain", `${MAIL}\nC: RCPT TO:<Postmaster>\nS: 250\n${QUIT}`],
  [
    "4.1.1.3",
    "RCPT without TO: or with an empty path is refused",
    `${MAIL}\nC: RCPT\nS: 501\nC: RCPT TO:<>\nS: 5\n${QUIT}`,
  ],
  [
    "4.1.1.3",
    "a refused recipient does not harm the others",
    `${MAIL}\nC: RCPT TO:<no address at all\nS: 5\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.1.4",
    "only CRLF.CRLF ends the data",
    `${DATA}\nC> "Subject: one\\r\\n\\r\\n..\\r\\n.x\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.4", "an empty message is a message", `${DATA}\nC: .\nS: 250\n${QUIT}`],
  [
    "4.1.1.4",
    "what follows the end of data is commands again",
    `${DATA}\nC> "Text.\\r\\n.\\r\\nNOOP\\r\\n"\nS: 250\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.1.5",
    "RSET gives the transaction up",
    `${RCPT}\nC: RSET\nS: 250\nC: DATA\nS: 503\nC: MAIL FROM:<c@example.net>\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.1.5",
    "RSET may come at any time, before EHLO too",
    `S: 220\nC: RSET\nS: 250\nC: EHLO client.example\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.8", "HELP is answered", `${HELLO}\nC: HELP\nS: 211|214|5\n${QUIT}`],
  [
    "4.1.1.9",
    "NOOP is answered, with an argument too, and changes nothing",
    `${RCPT}\nC: NOOP\nS: 250\nC: NOOP x\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.10", "QUIT within a transaction gives it up", `${RCPT}\n${QUIT}`],
  [
    "4.1.1.11",
    "an unknown parameter is 555",
    `${HELLO}\nC: MAIL FROM:<a@example.net> FOO=bar\nS: 555\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org> FOO=bar\nS: 555\n${QUIT}`,
  ],
  ["4.1.2", "a quoted local part is an address", `${HELLO}\nC: MAIL FROM:<"a b"@example.net>\nS: 250\n${QUIT}`],
  [
    "4.1.4",
    "EHLO within a transaction begins anew",
    `${RCPT}\nC: EHLO client.example\nS: 250\nC: DATA\nS: 503\nC: MAIL FROM:<c@example.net>\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.4",
    "NOOP, HELP, RSET and QUIT work before EHLO",
    `S: 220\nC: NOOP\nS: 250\nC: HELP\nS: 2|5\nC: RSET\nS: 250\n${QUIT}`,
  ],
  [
    "4.2.1",
    "a reply of several lines has the same code on each",
    `S: 220\nC: EHLO client.example\nS: 250 ~ PIPELINING\n${QUIT}`,
  ],
  [
    "4.5.1",
    "all commands of the minimum implementation are there",
    `${RCPT}\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\nC: RSET\nS: 250\nC: NOOP\nS: 250\nC: VRFY x\nS: 2|5\n${QUIT}`,
  ],
  [
    "4.5.2",
    "a dot that begins a line is doubled on the way",
    `${DATA}\nC> "..\\r\\n..a\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.1",
    "a local part of 64 octets is taken, one of 65 is not",
    `${HELLO}\nC: MAIL FROM:<${"a".repeat(64)}@example.net>\nS: 250\nC: RCPT TO:<${
      "a".repeat(65)
    }@example.net>\nS: 5\n${QUIT}`,
    { own: true },
  ],
  ["4.5.3.1.4", "a command line of 512 octets is taken", `${HELLO}\nC: NOOP ${"x".repeat(505)}\nS: 250\n${QUIT}`],
  [
    "4.5.3.1.4",
    "a command line that is too long is 500, and the session goes on",
    `${HELLO}\nC: NOOP ${"x".repeat(20_000)}\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { own: true },
  ],
  [
    "4.5.3.1.6",
    "a line of data of 1000 octets is taken",
    `${DATA}\nC> "${"x".repeat(998)}\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.7",
    "a message of 64 KB is taken",
    `${DATA}\nC> "${`${"x".repeat(62)}\\r\\n`.repeat(1024)}.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.8",
    "a hundred recipients are taken",
    `${MAIL}\n${
      Array.from({ length: 100 }, (_, index) => `C: RCPT TO:<b${index}@example.org>\nS: 250`).join("\n")
    }\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.10",
    "one recipient too many is 452, and the others are served",
    `${MAIL}\n${
      Array.from({ length: 3 }, (_, index) => `C: RCPT TO:<b${index}@example.org>\nS: 250`).join("\n")
    }\nC: RCPT TO:<b@example.org>\nS: 452 4.5.3\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
];

const extensions: readonly (readonly [string, string, string, string, Partial<ConformanceScript>?])[] = [
  [
    "RFC 1870",
    "3",
    "SIZE is announced with its limit",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^SIZE \\d+$\n${QUIT}`,
  ],
  [
    "RFC 1870",
    "6.1",
    "a message that announces too much is refused at MAIL",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=99999999999999999999\nS: 552 5.3.4\n${QUIT}`,
  ],
  [
    "RFC 1870",
    "6.1",
    "SIZE takes digits alone",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=abc\nS: 501\nC: MAIL FROM:<a@example.net> SIZE=1000\nS: 250\n${QUIT}`,
  ],
  [
    "RFC 1870",
    "6.3",
    "a message that becomes too large is refused at its end",
    `${DATA}\nC> "${`${"x".repeat(98)}\\r\\n`.repeat(11)}.\\r\\n"\nS: 552 5.3.4\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "RFC 2034",
    "4",
    "replies carry an enhanced status code, but for the greeting and EHLO",
    `S: 220 ~ ^[^\\d]\nC: EHLO client.example\nS: 250 ~ ^ENHANCEDSTATUSCODES$\nC: MAIL FROM:<a@example.net>\nS: 250 2.1.0\nC: RCPT TO:<b@example.org>\nS: 250 2.1.5\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250 2.0.0\nC: RSET\nS: 250 2.0.0\nC: NOOP\nS: 250 2.0.0\nC: FOO\nS: 5 5.5.2\nC: QUIT\nS: 221 2.0.0`,
    { own: true },
  ],
  [
    "RFC 2920",
    "3.2",
    "a group of commands is answered in order",
    `S: 220\nC> "EHLO client.example\\r\\n"\nS: 250 ~ ^PIPELINING$\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nRCPT TO:<c@example.org>\\r\\nDATA\\r\\n"\nS: 250\nS: 250\nS: 250\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "RFC 2920",
    "3.1",
    "a message and the next transaction may leave in one group",
    `${DATA}\nC> "Text.\\r\\n.\\r\\nMAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nDATA\\r\\n"\nS: 250\nS: 250\nS: 250\nS: 354\nC> "Text.\\r\\n.\\r\\nQUIT\\r\\n"\nS: 250\nS: 221\nS: (closed)`,
  ],
  [
    "RFC 2920",
    "3.1",
    "DATA in a group whose recipients were refused is refused",
    `${HELLO}\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<no address\\r\\nDATA\\r\\nNOOP\\r\\n"\nS: 250\nS: 5\nS: 503|554\nS: 250\n${QUIT}`,
  ],
  [
    "RFC 3207",
    "4",
    "STARTTLS is announced where it is offered, and takes no argument",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^STARTTLS$\nC: STARTTLS now\nS: 501\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "starttls" },
  ],
  [
    "RFC 3207",
    "4",
    "STARTTLS is not run where it is not offered",
    `${HELLO}\nC: STARTTLS\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { own: true },
  ],
  [
    "RFC 4954",
    "3",
    "AUTH is announced with its mechanisms",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^AUTH .*PLAIN\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "PLAIN with an initial response logs in, a second AUTH is out of sequence",
    `${HELLO}\nC: AUTH PLAIN AGFsaWNlQGV4YW1wbGUubmV0AGNvcnJlY3QgaG9yc2U=\nS: 235 2.7.0\nC: AUTH PLAIN AGFsaWNlQGV4YW1wbGUubmV0AGNvcnJlY3QgaG9yc2U=\nS: 503\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "PLAIN without an initial response asks for it with an empty 334",
    `${HELLO}\nC: AUTH PLAIN\nS: 334 ~ ^$\nC: AGFsaWNlQGV4YW1wbGUubmV0AGNvcnJlY3QgaG9yc2U=\nS: 235\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "LOGIN asks for both in turn",
    `${HELLO}\nC: AUTH LOGIN\nS: 334 ~ ^VXNlcm5hbWU6$\nC: YWxpY2VAZXhhbXBsZS5uZXQ=\nS: 334 ~ ^UGFzc3dvcmQ6$\nC: Y29ycmVjdCBob3JzZQ==\nS: 235\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "a wrong password is 535, and the session goes on",
    `${HELLO}\nC: AUTH PLAIN AGFsaWNlQGV4YW1wbGUubmV0AHdyb25n\nS: 535 5.7.8\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "a * cancels the exchange with 501",
    `${HELLO}\nC: AUTH LOGIN\nS: 334\nC: *\nS: 501\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "RFC 4954",
    "4",
    "what is no base64 is 501",
    `${HELLO}\nC: AUTH PLAIN\nS: 334\nC: not base64!\nS: 501 5.5.2\n${QUIT}`,
    { needs: "auth" },
  ],
  ["RFC 4954", "4", "an unknown mechanism is 504", `${HELLO}\nC: AUTH FOO\nS: 504 5.5.4\n${QUIT}`, {
    needs: "auth",
    own: true,
  }],
  ["RFC 4954", "4", "AUTH within a transaction is out of sequence", `${MAIL}\nC: AUTH PLAIN\nS: 503\n${QUIT}`, {
    needs: "auth",
  }],
  ["RFC 4954", "5", "MAIL takes AUTH=", `${HELLO}\nC: MAIL FROM:<a@example.net> AUTH=<>\nS: 250\n${QUIT}`, {
    needs: "auth",
  }],
  [
    "RFC 6152",
    "2",
    "8BITMIME is announced, and BODY=8BITMIME and BODY=7BIT are taken",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^8BITMIME$\nC: MAIL FROM:<a@example.net> BODY=8BITMIME\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> BODY=7BIT\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\nC> "z\\u00fcrich\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  ["RFC 6152", "2", "another BODY is refused", `${HELLO}\nC: MAIL FROM:<a@example.net> BODY=FOO\nS: 501\n${QUIT}`],
];

/** All scripts, by standard and section. */
export const scripts: readonly ConformanceScript[] = [
  ...rfc5321.map(([section, rule, script, more]) => ({ rfc: "RFC 5321", section, rule, script, ...more })),
  ...extensions.map(([rfc, section, rule, script, more]) => ({ rfc, section, rule, script, ...more })),
  ...extensionScripts,
];
