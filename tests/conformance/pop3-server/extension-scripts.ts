import { type ConformanceScript, HELLO, LOGIN, messageOf, QUIT, scriptsOf } from "./script.ts";

const CAPA = "C: CAPA\nS: +OK…\nS*";

const rfc2449 = scriptsOf("RFC 2449", [
  [
    "4",
    "a command line of 255 octets is taken",
    `${HELLO}\nC: USER ${"x".repeat(248)}\nS: /^(\\+OK|-ERR)/\nC: CAPA\nS: +OK…\nS*\n${QUIT}`,
  ],
  ["5", "CAPA is answered before the login", `${HELLO}\n${CAPA}\n${QUIT}`],
  ["5", "CAPA is answered after the login", `${LOGIN}\n${CAPA}\n${QUIT}`],
  ["5", "CAPA in lower case is CAPA", `${HELLO}\nC: capa\nS: +OK…\nS*\n${QUIT}`],
  ["5", "a name and its arguments stand on a line each", `${HELLO}\nC: CAPA\nS: +OK…\nS* !/^$|^[^A-Za-z0-9]/\n${QUIT}`],
  ["6.1", "TOP is listed, and works", `${LOGIN}\n${CAPA} /^TOP$/\nC: TOP 1 0\nS: +OK…\nS*\n${QUIT}`],
  ["6.2", "USER is listed where it works", `${HELLO}\n${CAPA} /^USER$/\nC: USER {login}\nS: +OK…\n${QUIT}`],
  ["6.3", "SASL lists the mechanisms of AUTH", `${HELLO}\n${CAPA} /^SASL( [A-Z0-9_-]+)+$/\n${QUIT}`],
  ["6.4", "RESP-CODES is listed", `${HELLO}\n${CAPA} /^RESP-CODES$/\n${QUIT}`],
  [
    "6.6",
    "PIPELINING is listed, and commands may be sent ahead of their replies",
    `${LOGIN}\n${CAPA} /^PIPELINING$/\nC> "NOOP\\r\\nSTAT\\r\\nRETR 1\\r\\nNOOP\\r\\n"\nS: +OK…\nS: +OK 2 320…\nS: +OK…\nS*\nS: +OK…\n${QUIT}`,
  ],
  [
    "6.6",
    "the login may be pipelined too",
    `${HELLO}\nC> "USER {login}\\r\\nPASS {password}\\r\\nSTAT\\r\\nQUIT\\r\\n"\nS: +OK…\nS: +OK…\nS: +OK 2 320…\nS: +OK…\nS: (closed)`,
  ],
  ["6.7", "EXPIRE says how long mail is kept", `${HELLO}\n${CAPA} /^EXPIRE (NEVER|\\d+( USER)?)$/\n${QUIT}`, {
    own: true,
  }],
  ["6.8", "UIDL is listed, and works", `${LOGIN}\n${CAPA} /^UIDL$/\nC: UIDL\nS: +OK…\nS*\n${QUIT}`],
  ["6.9", "IMPLEMENTATION names the server", `${HELLO}\n${CAPA} /^IMPLEMENTATION \\S/\n${QUIT}`, { own: true }],
  [
    "8",
    "what stands in brackets behind -ERR is a response code",
    `${HELLO}\nC: USER {login}\nS: +OK…\nC: PASS {password}x\nS: /^-ERR (\\[[A-Z/-]+\\] )?[^\\[]*$/\n${QUIT}`,
  ],
  [
    "8.1.2",
    "a second session on a mailbox that is locked is told [IN-USE]",
    `${LOGIN}\nS2: +OK…\nC2: USER {login}\nS2: +OK…\nC2: PASS {password}\nS2: -ERR [IN-USE]…\n${QUIT}`,
    { own: true },
  ],
]);

const rfc2595 = scriptsOf("RFC 2595", [
  ["4", "STLS begins TLS", `${HELLO}\n${CAPA} /^STLS$/\nC: STLS\nS: +OK…\nTLS\n${CAPA}\n${QUIT}`, { needs: "STLS" }],
  [
    "4",
    "STLS is not listed under TLS, and refused",
    `${HELLO}\nC: STLS\nS: +OK…\nTLS\n${CAPA} !/^STLS$/\nC: STLS\nS: -ERR…\n${QUIT}`,
    { needs: "STLS" },
  ],
  ["4", "STLS is refused after the login", `${LOGIN}\nC: STLS\nS: -ERR…\nC: NOOP\nS: +OK…\n${QUIT}`, { needs: "STLS" }],
  [
    "4",
    "who said USER in the clear says it again",
    `${HELLO}\nC: USER {login}\nS: +OK…\nC: STLS\nS: +OK…\nTLS\nC: PASS {password}\nS: -ERR…\n${QUIT}`,
    { needs: "STLS" },
  ],
  [
    "4",
    "a session under TLS logs in",
    `${HELLO}\nC: STLS\nS: +OK…\nTLS\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
    { needs: "STLS" },
  ],
]);

const rfc3206 = scriptsOf("RFC 3206", [
  ["6", "AUTH-RESP-CODE is listed", `${HELLO}\n${CAPA} /^AUTH-RESP-CODE$/\n${QUIT}`],
  [
    "5",
    "a wrong password is [AUTH]",
    `${HELLO}\nC: USER {login}\nS: +OK…\nC: PASS {password}x\nS: -ERR [AUTH]…\n${QUIT}`,
  ],
  ["5", "so is a wrong password by SASL", `${HELLO}\nC: AUTH PLAIN {base64:\0nobody\0x}\nS: -ERR [AUTH]…\n${QUIT}`],
]);

const rfc5034 = scriptsOf("RFC 5034", [
  ["3", "SASL lists PLAIN where a password may be sent", `${HELLO}\n${CAPA} /^SASL .*\\bPLAIN\\b/\n${QUIT}`],
  ["4", "AUTH with an initial response", `${HELLO}\nC: AUTH PLAIN {plain}\nS: +OK…\nC: STAT\nS: +OK 2 320…\n${QUIT}`],
  [
    "4",
    "AUTH without one: an empty challenge asks for it",
    `${HELLO}\nC: AUTH PLAIN\nS: /^\\+ ?$/\nC: {plain}\nS: +OK…\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  ["4", "mechanisms come in any case", `${HELLO}\nC: auth plain {plain}\nS: +OK…\n${QUIT}`],
  [
    "4",
    "an asterisk cancels, and another login may follow",
    `${HELLO}\nC: AUTH PLAIN\nS: +…\nC: *\nS: -ERR…\nC: AUTH PLAIN {plain}\nS: +OK…\n${QUIT}`,
  ],
  ["4", "an unknown mechanism is -ERR", `${HELLO}\nC: AUTH FOO\nS: -ERR…\nC: CAPA\nS: +OK…\nS*\n${QUIT}`],
  ["4", "a response that is not base64 is -ERR", `${HELLO}\nC: AUTH PLAIN\nS: +…\nC: not base64!\nS: -ERR…\n${QUIT}`],
  ["4", "an equals sign is an empty initial response", `${HELLO}\nC: AUTH PLAIN =\nS: -ERR…\n${QUIT}`],
  ["4", "AUTH is refused after the login", `${LOGIN}\nC: AUTH PLAIN {plain}\nS: -ERR…\nC: NOOP\nS: +OK…\n${QUIT}`],
  [
    "4",
    "AUTH LOGIN, which clients still use",
    `${HELLO}\nC: AUTH LOGIN\nS: + {base64:Username:}\nC: {loginBase64}\nS: + {base64:Password:}\nC: {passwordBase64}\nS: +OK…\n${QUIT}`,
    { own: true },
  ],
  [
    "4",
    "AUTH without a mechanism lists them, as older clients ask",
    `${HELLO}\nC: AUTH\nS: +OK…\nS* /^PLAIN$/\n${QUIT}`,
    { own: true },
  ],
  ["4", "acting for another login is refused", `${HELLO}\nC: AUTH PLAIN {plainForOther}\nS: -ERR…\n${QUIT}`],
]);

const scram = [
  ...scriptsOf("RFC 5802", [
    [
      "5",
      "who knows the password logs in, and the server proves that it knows it too",
      `${HELLO}\nSCRAM n,, {password}\nS: +OK…\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
    ],
    ["5", "who does not is refused", `${HELLO}\nSCRAM n,, {password}x\nS: -ERR…\nC: CAPA\nS: +OK…\nS*\n${QUIT}`],
    [
      "6",
      "a client that could bind channels, and sees none offered, logs in",
      `${HELLO}\nSCRAM y,, {password}\nS: +OK…\n${QUIT}`,
    ],
    [
      "6",
      "a client that demands channel binding without -PLUS is refused",
      `${HELLO}\nSCRAM p=tls-unique,, {password}\nS: -ERR…\n${QUIT}`,
    ],
  ]),
  ...scriptsOf("RFC 7677", [
    ["3", "SCRAM-SHA-256 is listed", `${HELLO}\n${CAPA} /^SASL .*\\bSCRAM-SHA-256\\b/\n${QUIT}`],
  ]),
].map((script) => ({ ...script, needs: "SCRAM-SHA-256" as const }));

const rfc6856 = scriptsOf("RFC 6856", [
  [
    "2.1",
    "UTF8 is listed, and taken before the login",
    `${HELLO}\n${CAPA} /^UTF8( USER)?$/\nC: UTF8\nS: +OK…\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…\nC: STAT\nS: +OK 2 320…\n${QUIT}`,
  ],
  ["2.1", "UTF8 is refused after the login", `${LOGIN}\nC: UTF8\nS: -ERR…\nC: NOOP\nS: +OK…\n${QUIT}`],
  ["2.1", "UTF8 takes no argument", `${HELLO}\nC: UTF8 x\nS: -ERR…\n${QUIT}`],
  [
    "2.1",
    "after UTF8, messages come as they are",
    `${HELLO}\nC: UTF8\nS: +OK…\nC: USER {login}\nS: +OK…\nC: PASS {password}\nS: +OK…\nC: RETR 1\nS: +OK…\nS: Subject: Gr\xfc\xdfe\nS:\nS: x\nS: .\n${QUIT}`,
    { messages: ["Subject: Gr\xfc\xdfe\r\n\r\nx\r\n"] },
  ],
]).map((script) => ({ ...script, needs: "UTF8" as const }));

const rfc1734 = scriptsOf("RFC 1734", [
  [
    "2",
    "the profile of AUTH that RFC 5034 replaces: a challenge is + and base64",
    `${HELLO}\nC: AUTH PLAIN\nS: /^\\+ [A-Za-z0-9+\\/=]*$/\nC: {plain}\nS: +OK…\n${QUIT}`,
  ],
]);

const sizes = scriptsOf("RFC 2449", [
  [
    "4",
    "long lines of a message pass",
    `${LOGIN}\nC: RETR 1\nS: +OK…\nS: Subject: one\nS:\nS: ${"x".repeat(5_000 - 18)}\nS: .\n${QUIT}`,
    { messages: [messageOf(5_000)] },
  ],
]);

/** Scripts of the standards beside RFC 1939. */
export const extensionScripts: readonly ConformanceScript[] = [
  ...rfc1734,
  ...rfc2449,
  ...sizes,
  ...rfc2595,
  ...rfc3206,
  ...rfc5034,
  ...scram,
  ...rfc6856,
];
