import { extensionScripts } from "./extension-scripts.ts";
import { protectionScripts } from "./protection-scripts.ts";
import { type ConformanceScript, DATA, HELLO, MAIL, ONE_MESSAGE, QUIT, RCPT, type Row, scriptsOf } from "./script.ts";

const rfc5321: readonly Row[] = [
  [
    "2.3.5",
    "EHLO with a domain or an address literal is accepted",
    `S: 220\nC: EHLO [192.0.2.1]\nS: 250\nC: EHLO [IPv6:2001:db8::1]\nS: 250\n${QUIT}`,
  ],
  ["2.3.8", "a command line that ends with a bare LF is no command", `${HELLO}\nC> "NOOP\\n"\nS: 5\n${QUIT}`, {
    policy: true,
  }],
  ["2.3.8", "a bare CR ends no command", `${HELLO}\nC> "NOOP\\rRSET\\r\\n"\nS: 5\n${QUIT}`, { policy: true }],
  [
    "2.3.8",
    "a message with a bare LF is refused as a whole",
    `${DATA}\nC> "a\\nb\\r\\n.\\r\\n"\nS: 550 5.6.0\n${QUIT}`,
    { policy: true },
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
  ["3.5.3", "VRFY neither confirms nor denies", `${HELLO}\nC: VRFY postmaster\nS: 252\n${QUIT}`, { policy: true }],
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
    policy: true,
  }],
  [
    "4.1.1.2",
    "MAIL takes the null reverse-path",
    `${HELLO}\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.2", "MAIL without FROM: is 501", `${HELLO}\nC: MAIL\nS: 501\nC: MAIL <a@example.net>\nS: 501\n${QUIT}`],
  ["4.1.1.2", "a space behind the colon is let pass", `${HELLO}\nC: MAIL FROM: <a@example.net>\nS: 250\n${QUIT}`, {
    policy: true,
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
    { policy: true },
  ],
  ["4.5.3.1.4", "a command line of 512 octets is taken", `${HELLO}\nC: NOOP ${"x".repeat(505)}\nS: 250\n${QUIT}`],
  [
    "4.5.3.1.4",
    "a command line that is too long is 500, and the session goes on",
    `${HELLO}\nC: NOOP ${"x".repeat(20_000)}\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { policy: true },
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
  [
    "3.3",
    "a transaction is over with its message: the next one begins with MAIL",
    `${DATA}\n${ONE_MESSAGE}\nS: 250\nC: RCPT TO:<b@example.org>\nS: 503\nC: DATA\nS: 503|554\n${QUIT}`,
  ],
  [
    "3.5.1",
    "VRFY and EXPN are answered, and the session goes on",
    `${HELLO}\nC: VRFY postmaster\nS: 25|50|55\nC: EXPN staff\nS: 25|50|55\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.1",
    "white space at the end of a command is let pass",
    `${HELLO}\nC> "MAIL FROM:<a@example.net> \\r\\nRCPT TO:<b@example.org>\\t \\r\\nDATA \\r\\n"\nS: 250\nS: 250\nS: 354\n${ONE_MESSAGE}\nS: 250\nC> "RSET \\r\\n"\nS: 250\nC> "QUIT \\r\\n"\nS: 221\nS: (closed)`,
  ],
  [
    "4.1.1",
    "RSET and DATA take no argument",
    `${RCPT}\nC: DATA now\nS: 50\nC: RSET now\nS: 50\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  ["4.1.1", "QUIT takes no argument", `${HELLO}\nC: QUIT now\nS: 50\n${QUIT}`],
  [
    "4.1.1.2",
    "brackets that are missing are let pass",
    `${HELLO}\nC: MAIL FROM:a@example.net\nS: 250\nC: RCPT TO: b@example.org\nS: 250\n${QUIT}`,
    { policy: true },
  ],
  [
    "4.1.1.2",
    "a refused MAIL begins nothing",
    `${HELLO}\nC: MAIL FROM:<a@example.net\nS: 5\nC: RCPT TO:<b@example.org>\nS: 503\nC: MAIL FROM:<a@example.net>\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.1.3",
    "the same recipient may come twice",
    `${RCPT}\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  ["4.1.1.6", "VRFY without an argument is an error of syntax", `${HELLO}\nC: VRFY\nS: 50\nC: NOOP\nS: 250\n${QUIT}`],
  ["4.1.1.7", "EXPN, which is not offered, is 502", `${HELLO}\nC: EXPN staff\nS: 502 5.5.1\n${QUIT}`, { policy: true }],
  [
    "4.1.1.8",
    "HELP is answered with an argument too",
    `${HELLO}\nC: HELP MAIL\nS: 211|214|5\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.2",
    "the characters of an atom, and quoted pairs",
    `${HELLO}\nC: MAIL FROM:<!#$%&'*+-/=?^_\`{|}~@example.net>\nS: 250\nC: RCPT TO:<"a\\"b\\\\c"@example.org>\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.3",
    "an address literal may stand for the domain",
    `${HELLO}\nC: MAIL FROM:<a@[192.0.2.1]>\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@[IPv6:2001:db8::1]>\nS: 250\n${QUIT}`,
  ],
  ["4.1.3", "a literal that is none is refused", `${HELLO}\nC: MAIL FROM:<a@[IPv6:zz]>\nS: 5\n${QUIT}`],
  [
    "4.1.4",
    "a name that is not the client's is no reason to refuse mail",
    `S: 220\nC: EHLO somebody.else.example\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.4",
    "an EHLO that is refused changes nothing",
    `${RCPT}\nC: EHLO\nS: 501\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "4.1.4",
    "VRFY and EXPN are not out of sequence before EHLO",
    `S: 220\nC: VRFY postmaster\nS: 25|500|502|55\nC: EXPN staff\nS: 25|500|502|55\n${QUIT}`,
  ],
  [
    "4.2.4",
    "a command that is too short is told so, and the session goes on",
    `${HELLO}\nC: X\nS: 50\nC: MAI FROM:<a@example.net>\nS: 50\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.2",
    "a line of dots, and dots everywhere",
    `${DATA}\nC> "....\\r\\n.. \\r\\n. .\\r\\n..\\r\\n\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.3",
    "a path of 256 octets is taken",
    `${HELLO}\nC: MAIL FROM:<${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}>\nS: 250\n${QUIT}`,
  ],
  [
    "4.5.3.1.3",
    "a longer path is refused",
    `${HELLO}\nC: MAIL FROM:<${"a".repeat(64)}@${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(62)}>\nS: 5\n${QUIT}`,
    { policy: true },
  ],
  [
    "4.5.3.1.6",
    "the dot that is doubled on the way does not count",
    `${DATA}\nC> "..${"x".repeat(997)}\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
];

const size: readonly Row[] = [
  [
    "3",
    "SIZE is announced with its limit",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^SIZE \\d+$\n${QUIT}`,
  ],
  [
    "6.1",
    "a message that announces too much is refused at MAIL",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=99999999999999999999\nS: 552 5.3.4\n${QUIT}`,
  ],
  [
    "6.1",
    "SIZE takes digits alone",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=abc\nS: 501\nC: MAIL FROM:<a@example.net> SIZE=1000\nS: 250\n${QUIT}`,
  ],
  [
    "6.3",
    "a message that becomes too large is refused at its end",
    `${DATA}\nC> "${`${"x".repeat(98)}\\r\\n`.repeat(11)}.\\r\\n"\nS: 552 5.3.4\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "3",
    "SIZE=0 and sizes of 20 digits are numbers",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=0\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> SIZE=00000000000000001000\nS: 250\n${QUIT}`,
  ],
  [
    "6.1",
    "the announced limit itself is taken, one octet more is refused, and the session goes on",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=1001\nS: 552\nC: MAIL FROM:<a@example.net> SIZE=1000\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "6.3",
    "a message of exactly the announced limit is taken",
    `${DATA}\nC> "Subject: one\\r\\n\\r\\n${"x".repeat(982)}\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "6.1",
    "SIZE without a value, or twice, is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SIZE=\nS: 501\nC: MAIL FROM:<a@example.net> SIZE=1 SIZE=1\nS: 501\n${QUIT}`,
    { policy: true },
  ],
];

const codes: readonly Row[] = [
  [
    "4",
    "replies carry an enhanced status code, but for the greeting and EHLO",
    `S: 220 ~ ^[^\\d]\nC: EHLO client.example\nS: 250 ~ ^ENHANCEDSTATUSCODES$\nC: MAIL FROM:<a@example.net>\nS: 250 2.1.0\nC: RCPT TO:<b@example.org>\nS: 250 2.1.5\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250 2.0.0\nC: RSET\nS: 250 2.0.0\nC: NOOP\nS: 250 2.0.0\nC: FOO\nS: 5 5.5.2\nC: QUIT\nS: 221 2.0.0`,
    { policy: true },
  ],
  [
    "4",
    "every reply to a command has a code of its class, but those to EHLO and DATA",
    `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 250 ~ ^2\\.\\d+\\.\\d+ .\nC: MAIL FROM:<a@example.net>\nS: 503 ~ ^5\\.\\d+\\.\\d+ .\nC: RCPT TO:<b@example.org>\nS: 250 ~ ^2\\.\\d+\\.\\d+ .\nC: DATA\nS: 354 !~ ^\\d\\.\\d+\\.\\d+\n${ONE_MESSAGE}\nS: 250 ~ ^2\\.\\d+\\.\\d+ .\nC: FOO\nS: 5 ~ ^5\\.\\d+\\.\\d+ .\nC: RSET\nS: 250 ~ ^2\\.\\d+\\.\\d+ .\nC: QUIT\nS: 221 ~ ^2\\.\\d+\\.\\d+ .\nS: (closed)`,
  ],
];

const pipelining: readonly Row[] = [
  [
    "3.2",
    "a group of commands is answered in order",
    `S: 220\nC> "EHLO client.example\\r\\n"\nS: 250 ~ ^PIPELINING$\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nRCPT TO:<c@example.org>\\r\\nDATA\\r\\n"\nS: 250\nS: 250\nS: 250\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "3.1",
    "a message and the next transaction may leave in one group",
    `${DATA}\nC> "Text.\\r\\n.\\r\\nMAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nDATA\\r\\n"\nS: 250\nS: 250\nS: 250\nS: 354\nC> "Text.\\r\\n.\\r\\nQUIT\\r\\n"\nS: 250\nS: 221\nS: (closed)`,
  ],
  [
    "3.1",
    "DATA in a group whose recipients were refused is refused",
    `${HELLO}\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<no address\\r\\nDATA\\r\\nNOOP\\r\\n"\nS: 250\nS: 5\nS: 503|554\nS: 250\n${QUIT}`,
  ],
  [
    "3.2",
    "a bad command within a group loses none of the others",
    `${HELLO}\nC> "RSET\\r\\nFOO\\r\\nMAIL FROM:<a@example.net>\\r\\nRCPT TO:<no address\\r\\nRCPT TO:<b@example.org>\\r\\nNOOP\\r\\nDATA\\r\\n"\nS: 250\nS: 5\nS: 250\nS: 5\nS: 250\nS: 250\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "3.2",
    "a group that is cut within a command is put together",
    `${HELLO}\nC> "MAIL FROM:<a@exam"\nC> "ple.net>\\r\\nRCPT TO:<b@example.org>\\r"\nC> "\\nDATA\\r\\n"\nS: 250\nS: 250\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "3.2",
    "a message, its end and QUIT may come in one piece",
    `${DATA}\nC> "Subject: one\\r\\n\\r\\nText.\\r\\n.\\r\\nQUIT\\r\\n"\nS: 250\nS: 221\nS: (closed)`,
  ],
  [
    "3.2",
    "a group of a hundred recipients is answered in order",
    `${HELLO}\nC> "MAIL FROM:<a@example.net>\\r\\n${"RCPT TO:<b@example.org>\\r\\n".repeat(100)}DATA\\r\\n"\nS: 250\n${
      "S: 250\n".repeat(100)
    }S: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
];

const eightBit: readonly Row[] = [
  [
    "2",
    "8BITMIME is announced, and BODY=8BITMIME and BODY=7BIT are taken",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^8BITMIME$\nC: MAIL FROM:<a@example.net> BODY=8BITMIME\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> BODY=7BIT\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\nC> "z\\u00fcrich\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
  ["2", "another BODY is refused", `${HELLO}\nC: MAIL FROM:<a@example.net> BODY=FOO\nS: 501|555\n${QUIT}`],
  ["2", "the values of BODY come in any case", `${HELLO}\nC: MAIL FROM:<a@example.net> body=8bitmime\nS: 250\n${QUIT}`],
  [
    "3",
    "lines of 998 octets with the high bit are taken",
    `${HELLO}\nC: MAIL FROM:<a@example.net> BODY=8BITMIME\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\nC> "${
      "\\u00fc".repeat(998)
    }\\r\\n.\\r\\n"\nS: 250\n${QUIT}`,
  ],
];

/** All scripts, by standard and section. */
export const scripts: readonly ConformanceScript[] = [
  ...scriptsOf("RFC 5321", rfc5321),
  ...scriptsOf("RFC 1870", size),
  ...scriptsOf("RFC 2034", codes),
  ...scriptsOf("RFC 2920", pipelining),
  ...scriptsOf("RFC 6152", eightBit),
  ...protectionScripts,
  ...extensionScripts,
];
