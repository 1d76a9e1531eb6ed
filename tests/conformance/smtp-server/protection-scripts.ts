import { base64, type ConformanceScript, HELLO, MAIL, ONE_MESSAGE, QUIT, type Row, scriptsOf, TLS } from "./script.ts";

const PLAIN = base64("\0alice@example.net\0correct horse");
const WRONG = base64("\0alice@example.net\0wrong");
/** As long as RFC 4954 section 4 lets a response be: 12288 octets of base64, the line end among them. */
const LONG = base64(`\0${"x".repeat(9_000)}\0wrong`);
const CLIENT_FIRST = base64("n,,n=alice@example.net,r=rOprNGfwEbeRWgbNEkqO");

const starttls: readonly Row[] = [
  [
    "4",
    "STARTTLS is announced where it is offered, and takes no argument",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^STARTTLS$\nC: STARTTLS now\nS: 501\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "starttls" },
  ],
  [
    "4",
    "STARTTLS is not run where it is not offered",
    `${HELLO}\nC: STARTTLS\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { policy: true },
  ],
  [
    "4",
    "STARTTLS within a transaction is out of sequence",
    `${MAIL}\nC: STARTTLS\nS: 503\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
    {
      needs: "starttls",
      policy: true,
    },
  ],
  [
    "4",
    "mail is taken under TLS",
    `${TLS}\nC: EHLO client.example\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
    {
      needs: "starttls",
    },
  ],
  [
    "4.2",
    "STARTTLS is not announced under TLS, and a second one is refused",
    `${TLS}\nC: EHLO client.example\nS: 250 !~ ^STARTTLS\nC: STARTTLS\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "starttls" },
  ],
  [
    "4.2",
    "what EHLO said in the clear is forgotten: MAIL is out of sequence",
    `${TLS}\nC: MAIL FROM:<a@example.net>\nS: 503\n${QUIT}`,
    {
      needs: "starttls",
      policy: true,
    },
  ],
  [
    "4.2",
    "commands in the same piece as STARTTLS are never run",
    `S: 220\nC: EHLO client.example\nS: 250\nC> "STARTTLS\\r\\nMAIL FROM:<evil@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\n"\nS: 220\nTLS\nC: EHLO client.example\nS: 250 ~ ^PIPELINING\nC: DATA\nS: 503|554\nC: MAIL FROM:<a@example.net>\nS: 250\n${QUIT}`,
    { needs: "starttls" },
  ],
  [
    "4.2",
    "AUTH that is let under TLS alone is announced under TLS",
    `${TLS}\nC: EHLO client.example\nS: 250 ~ ^AUTH .*PLAIN\nC: AUTH PLAIN ${PLAIN}\nS: 235\n${QUIT}`,
    {
      needs: "auth under TLS",
    },
  ],
];

const auth: readonly Row[] = [
  [
    "3",
    "AUTH is announced with its mechanisms",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^AUTH .*PLAIN\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "PLAIN with an initial response logs in, a second AUTH is out of sequence",
    `${HELLO}\nC: AUTH PLAIN ${PLAIN}\nS: 235 2.7.0\nC: AUTH PLAIN ${PLAIN}\nS: 503\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "PLAIN without an initial response asks for it with an empty 334",
    `${HELLO}\nC: AUTH PLAIN\nS: 334 ~ ^$\nC: ${PLAIN}\nS: 235\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "LOGIN asks for both in turn",
    `${HELLO}\nC: AUTH LOGIN\nS: 334 ~ ^VXNlcm5hbWU6$\nC: YWxpY2VAZXhhbXBsZS5uZXQ=\nS: 334 ~ ^UGFzc3dvcmQ6$\nC: Y29ycmVjdCBob3JzZQ==\nS: 235\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "a wrong password is 535, and the session goes on",
    `${HELLO}\nC: AUTH PLAIN ${WRONG}\nS: 535 5.7.8\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "a * cancels the exchange with 501",
    `${HELLO}\nC: AUTH LOGIN\nS: 334\nC: *\nS: 501\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "auth" },
  ],
  [
    "4",
    "what is no base64 is 501",
    `${HELLO}\nC: AUTH PLAIN\nS: 334\nC: not base64!\nS: 501 5.5.2\n${QUIT}`,
    { needs: "auth" },
  ],
  ["4", "an unknown mechanism is 504", `${HELLO}\nC: AUTH FOO\nS: 504 5.5.4\n${QUIT}`, {
    needs: "auth",
    policy: true,
  }],
  ["4", "AUTH within a transaction is out of sequence", `${MAIL}\nC: AUTH PLAIN\nS: 503\n${QUIT}`, {
    needs: "auth",
  }],
  ["5", "MAIL takes AUTH=", `${HELLO}\nC: MAIL FROM:<a@example.net> AUTH=<>\nS: 250\n${QUIT}`, {
    needs: "auth",
  }],
  [
    "3",
    "AUTH that is let under TLS alone is not announced in the clear, and refused",
    `S: 220\nC: EHLO client.example\nS: 250 !~ ^AUTH\nC: AUTH PLAIN ${PLAIN}\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "auth under TLS",
    },
  ],
  ["4", "AUTH without a mechanism is an error of syntax", `${HELLO}\nC: AUTH\nS: 501\nC: NOOP\nS: 250\n${QUIT}`, {
    needs: "auth",
  }],
  ["4", "mechanisms come in any case", `${HELLO}\nC: auth plain ${PLAIN}\nS: 235\n${QUIT}`, { needs: "auth" }],
  [
    "4",
    "an unknown mechanism is refused, a known one taken after it",
    `${HELLO}\nC: AUTH FOO\nS: 5\nC: AUTH PLAIN ${PLAIN}\nS: 235\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "a * cancels PLAIN too, and the next exchange may succeed",
    `${HELLO}\nC: AUTH PLAIN\nS: 334\nC: *\nS: 501\nC: AUTH PLAIN\nS: 334\nC: ${PLAIN}\nS: 235\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "a * cancels LOGIN at its second challenge",
    `${HELLO}\nC: AUTH LOGIN\nS: 334\nC: ${base64("alice@example.net")}\nS: 334\nC: *\nS: 501\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "LOGIN takes an initial response",
    `${HELLO}\nC: AUTH LOGIN ${base64("alice@example.net")}\nS: 334\nC: ${base64("correct horse")}\nS: 235\n${QUIT}`,
    {
      needs: "auth",
      policy: true,
    },
  ],
  ["4", "an initial response of = is an empty one", `${HELLO}\nC: AUTH PLAIN =\nS: 501|535\nC: NOOP\nS: 250\n${QUIT}`, {
    needs: "auth",
  }],
  [
    "4",
    "an initial response that is no base64 is 501",
    `${HELLO}\nC: AUTH PLAIN not!base64\nS: 501\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "an empty line where PLAIN is due is no login",
    `${HELLO}\nC: AUTH PLAIN\nS: 334\nC> "\\r\\n"\nS: 501|535\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "an initial response of 12000 octets is read whole",
    `${HELLO}\nC: AUTH PLAIN ${LONG}\nS: 535|501\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "a response of 12000 octets is read whole",
    `${HELLO}\nC: AUTH PLAIN\nS: 334\nC: ${LONG}\nS: 535|501\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "4",
    "a login stays with a new EHLO",
    `${HELLO}\nC: AUTH PLAIN ${PLAIN}\nS: 235\nC: EHLO client.example\nS: 250\nC: AUTH PLAIN ${PLAIN}\nS: 503\n${QUIT}`,
    {
      needs: "auth",
      policy: true,
    },
  ],
  [
    "4",
    "a wrong login does not keep a right one out",
    `${HELLO}\nC: AUTH PLAIN ${WRONG}\nS: 535\nC: AUTH PLAIN ${PLAIN}\nS: 235\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  ["4", "AUTH before EHLO is out of sequence", `S: 220\nC: AUTH PLAIN ${PLAIN}\nS: 503\n${QUIT}`, {
    needs: "auth",
    policy: true,
  }],
  [
    "4",
    "mail is taken after a login",
    `${HELLO}\nC: AUTH PLAIN ${PLAIN}\nS: 235\nC: MAIL FROM:<alice@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
    {
      needs: "auth required",
    },
  ],
  [
    "5",
    "AUTH= takes an address in xtext, up to 500 characters",
    `${HELLO}\nC: MAIL FROM:<a@example.net> AUTH=e+3Dmc2@example.net\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> AUTH=${
      "x".repeat(480)
    }@example.net\nS: 250\n${QUIT}`,
    {
      needs: "auth",
    },
  ],
  [
    "6",
    "who must log in first is told so: 530 5.7.0",
    `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 530 5.7.0\n${QUIT}`,
    {
      needs: "auth required",
    },
  ],
];

const submission: readonly Row[] = [
  [
    "4.3",
    "without a login MAIL is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "auth required" },
  ],
  [
    "4.3",
    "without a login nothing is taken",
    `${HELLO}\nC: MAIL FROM:<a@example.net>\nS: 2|5\nC: RCPT TO:<b@example.org>\nS: 5\nC: DATA\nS: 5\n${QUIT}`,
    {
      needs: "auth required",
    },
  ],
  [
    "7",
    "the extensions that submission must and should have are announced",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^AUTH\nC: EHLO client.example\nS: 250 ~ ^PIPELINING\nC: EHLO client.example\nS: 250 ~ ^ENHANCEDSTATUSCODES\nC: EHLO client.example\nS: 250 ~ ^DSN\nC: EHLO client.example\nS: 250 ~ ^8BITMIME\n${QUIT}`,
    {
      needs: "auth required",
    },
  ],
];

const scram: readonly Row[] = [
  [
    "5.1",
    "the client's first message is answered by the server's",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${CLIENT_FIRST}\nS: 334 ~ ^[A-Za-z0-9+/]{40,}=*$\nC: *\nS: 501\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
  [
    "5.1",
    "the exchange may begin without an initial response",
    `${HELLO}\nC: AUTH SCRAM-SHA-256\nS: 334 ~ ^$\nC: ${CLIENT_FIRST}\nS: 334 ~ ^[A-Za-z0-9+/]{40,}=*$\nC: *\nS: 501\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
  [
    "5.1",
    "a nonce that is not the one agreed upon is no login",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${CLIENT_FIRST}\nS: 334\nC: ${
      base64("c=biws,r=other,p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    }\nS: 501|535\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
  [
    "5.1",
    "a first message that is none is refused",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${base64("hello")}\nS: 501|535\nC: AUTH SCRAM-SHA-256 ${
      base64("n,,n=,r=x")
    }\nS: 501|535|334\nC: *\nS: 5\n${QUIT}`,
    {
      needs: "scram",
      policy: true,
    },
  ],
  [
    "5.1",
    "an extension that must be understood (m=) is refused",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${
      base64("n,,m=x,n=alice@example.net,r=abcdefghijkl")
    }\nS: 501|535\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
  [
    "6",
    "a client that could bind channels, and sees none offered, is served",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${
      base64("y,,n=alice@example.net,r=rOprNGfwEbeRWgbNEkqO")
    }\nS: 334\nC: *\nS: 501\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
  [
    "6",
    "a client that binds channels where that is not offered is refused",
    `${HELLO}\nC: AUTH SCRAM-SHA-256 ${
      base64("p=tls-unique,,n=alice@example.net,r=rOprNGfwEbeRWgbNEkqO")
    }\nS: 501|535\nC: NOOP\nS: 250\n${QUIT}`,
    {
      needs: "scram",
    },
  ],
];

const scramSha256: readonly Row[] = [
  ["3", "SCRAM-SHA-256 is announced", `S: 220\nC: EHLO client.example\nS: 250 ~ ^AUTH .*\\bSCRAM-SHA-256\\b\n${QUIT}`, {
    needs: "scram",
  }],
];

/** The scripts of what protects a session: TLS, logins, and who may submit. */
export const protectionScripts: readonly ConformanceScript[] = [
  ...scriptsOf("RFC 3207", starttls),
  ...scriptsOf("RFC 4954", auth),
  ...scriptsOf("RFC 5802", scram),
  ...scriptsOf("RFC 6409", submission),
  ...scriptsOf("RFC 7677", scramSha256),
];
