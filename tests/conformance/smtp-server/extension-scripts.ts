import { type ConformanceScript, HELLO, MAIL, ONE_MESSAGE, QUIT, RCPT, type Row, scriptsOf } from "./script.ts";

const dsn: readonly Row[] = [
  ["3", "DSN is announced, without a parameter", `S: 220\nC: EHLO client.example\nS: 250 ~ ^DSN$\n${QUIT}`],
  [
    "4.1",
    "NOTIFY takes NEVER alone, or a list",
    `${MAIL}\nC: RCPT TO:<b@example.org> NOTIFY=NEVER\nS: 250\nC: RCPT TO:<c@example.org> NOTIFY=SUCCESS,delay\nS: 250\nC: RCPT TO:<d@example.org> NOTIFY=NEVER,DELAY\nS: 501|555\nC: RCPT TO:<d@example.org> NOTIFY\nS: 501|555\n${QUIT}`,
  ],
  [
    "4.2",
    "ORCPT takes an address type and an address in xtext",
    `${MAIL}\nC: RCPT TO:<b@example.org> ORCPT=rfc822;Bob+2Btag@example.org\nS: 250\nC: RCPT TO:<c@example.org> ORCPT=c@example.org\nS: 501|555\n${QUIT}`,
  ],
  [
    "4.3",
    "RET takes FULL and HDRS",
    `${HELLO}\nC: MAIL FROM:<a@example.net> RET=FOO\nS: 501|555\nC: MAIL FROM:<a@example.net> RET=full\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> RET=HDRS\nS: 250\n${QUIT}`,
  ],
  [
    "4.4",
    "ENVID takes up to 100 characters of xtext",
    `${HELLO}\nC: MAIL FROM:<a@example.net> ENVID=a+2g\nS: 501|555\nC: MAIL FROM:<a@example.net> ENVID=${
      "x".repeat(100)
    }\nS: 250\n${QUIT}`,
  ],
  [
    "4.5",
    "a parameter that is given twice is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net> RET=HDRS RET=HDRS\nS: 501|555\n${QUIT}`,
  ],
  [
    "10.1",
    "the submission of the example is taken",
    `S: 220\nC: EHLO Example.ORG\nS: 250 ~ ^DSN$\nC: MAIL FROM:<Alice@Example.ORG> RET=HDRS ENVID=QQ314159\nS: 250\nC: RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM\nS: 250\nC: RCPT TO:<Carol@Ivory.EDU> NOTIFY=FAILURE ORCPT=rfc822;Carol@Ivory.EDU\nS: 250\nC: RCPT TO:<Dana@Ivory.EDU> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@Ivory.EDU\nS: 250\nC: RCPT TO:<Eric@Bombs.AF.MIL> NOTIFY=FAILURE ORCPT=rfc822;Eric@Bombs.AF.MIL\nS: 250\nC: RCPT TO:<Fred@Bombs.AF.MIL> NOTIFY=NEVER\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
  [
    "4.1",
    "a command line with ORCPT of 500 characters is taken",
    `${MAIL}\nC: RCPT TO:<b@example.org> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;${
      "x".repeat(470)
    }@example.org\nS: 250\n${QUIT}`,
  ],
  [
    "4.3",
    "RET without a value is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net> RET\nS: 501|555\nC: MAIL FROM:<a@example.net>\nS: 250\n${QUIT}`,
  ],
  [
    "4.4",
    "an ENVID of more than 100 characters is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net> ENVID=${"x".repeat(101)}\nS: 501\n${QUIT}`,
    { policy: true },
  ],
];

const utf8: readonly Row[] = [
  [
    "3.1",
    "SMTPUTF8 is announced, without a parameter, and 8BITMIME with it",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^SMTPUTF8$\nC: EHLO client.example\nS: 250 ~ ^8BITMIME$\n${QUIT}`,
  ],
  [
    "3.4",
    "with SMTPUTF8 addresses and the header hold UTF-8",
    `${HELLO}\nC: MAIL FROM:<jörg@bücher.example> SMTPUTF8 BODY=8BITMIME\nS: 250\nC: RCPT TO:<用户@例子.example>\nS: 250\nC: DATA\nS: 354\nC: Subject: Grüße\nC:\nC: Grüße\nC: .\nS: 250\n${QUIT}`,
  ],
  [
    "3.4",
    "SMTPUTF8 takes no value",
    `${HELLO}\nC: MAIL FROM:<a@example.net> SMTPUTF8=yes\nS: 501|555\nC: MAIL FROM:<a@example.net> SMTPUTF8\nS: 250\n${QUIT}`,
  ],
  [
    "3.5",
    "an address beyond ASCII without SMTPUTF8 is refused, the transaction goes on",
    `${HELLO}\nC: MAIL FROM:<jörg@example.net>\nS: 55 5.6.7\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<jörg@example.org>\nS: 55 5.6.7\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
  [
    "3.3",
    "a quoted local part may hold UTF-8",
    `${HELLO}\nC: MAIL FROM:<"jörg ü"@example.net> SMTPUTF8\nS: 250\n${QUIT}`,
  ],
  [
    "3.4",
    "SMTPUTF8 is taken with addresses of ASCII alone",
    `${HELLO}\nC: MAIL FROM:<a@example.net> smtputf8\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
  [
    "3.1",
    "octets that are no UTF-8 are no address",
    `${HELLO}\nC> "MAIL FROM:<j\\u00ff@example.net> SMTPUTF8\\r\\n"\nS: 5\nC: NOOP\nS: 250\n${QUIT}`,
  ],
];

const BINARY = `${HELLO}\nC: MAIL FROM:<a@example.net> BODY=BINARYMIME\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250`;

const chunking: readonly Row[] = [
  ["2", "CHUNKING is announced, without a parameter", `S: 220\nC: EHLO client.example\nS: 250 ~ ^CHUNKING$\n${QUIT}`],
  ["2", "BDAT LAST brings a whole message", `${RCPT}\nC> "BDAT 7 LAST\\r\\nHello\\r\\n"\nS: 250 2.0.0\n${QUIT}`],
  [
    "2",
    "a message comes in chunks, cut anywhere, and another after it",
    `${RCPT}\nC> "BDAT 6\\r\\nHello\\r"\nS: 250\nC> "BDAT 4 LAST\\r\\n\\n.\\r\\n"\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "the last chunk may be empty",
    `${RCPT}\nC> "BDAT 7\\r\\nHello\\r\\n"\nS: 250\nC: BDAT 0 LAST\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "nothing within a chunk is a command, nor the end of the data",
    `${RCPT}\nC> "BDAT 15 LAST\\r\\n\\r\\n.\\r\\nRSET\\r\\nOK\\r\\n"\nS: 250\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "BDAT without a transaction is 503, and its octets are not commands",
    `${HELLO}\nC> "BDAT 6\\r\\nQUIT\\r\\nNOOP\\r\\n"\nS: 503\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "BDAT without a recipient is refused, and its octets are not commands",
    `${MAIL}\nC> "BDAT 6\\r\\nQUIT\\r\\nNOOP\\r\\n"\nS: 503|554\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "DATA, MAIL and RCPT within chunks are 503, RSET gives them up",
    `${RCPT}\nC> "BDAT 7\\r\\nHello\\r\\n"\nS: 250\nC: DATA\nS: 503\nC: MAIL FROM:<a@example.net>\nS: 503\nC: RSET\nS: 250\nC> "BDAT 7 LAST\\r\\nHello\\r\\n"\nS: 503\n${QUIT}`,
  ],
  [
    "2",
    "a BDAT that does not say how much follows ends the session",
    `${RCPT}\nC: BDAT many\nS: 501 5.5.4\nS: (closed)`,
    { policy: true },
  ],
  [
    "2",
    "what stands behind a failed chunk is refused until RSET",
    `${RCPT}\nC> "BDAT 1001\\r\\n${
      "x".repeat(1001)
    }BDAT 3\\r\\nabc"\nS: 552 5.3.4\nS: 5\nC: DATA\nS: 5\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "2",
    "chunks that become too large together are refused",
    `${RCPT}\nC> "BDAT 800\\r\\n${"x".repeat(800)}BDAT 800 LAST\\r\\n${
      "x".repeat(800)
    }"\nS: 250\nS: 552 5.3.4\nC: NOOP\nS: 250\n${QUIT}`,
    { needs: "small limits" },
  ],
  [
    "2",
    "a bare LF or CR in chunks of text is refused at their end",
    `${RCPT}\nC> "BDAT 4 LAST\\r\\na\\nb\\n"\nS: 550 5.6.0\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC> "BDAT 2 LAST\\r\\na\\r"\nS: 550 5.6.0\n${QUIT}`,
    { policy: true },
  ],
  [
    "3",
    "BINARYMIME takes any octets, by BDAT",
    `${BINARY}\nC> "BDAT 8 LAST\\r\\na\\u0000\\n\\r.\\n\\u00ff\\r"\nS: 250\n${QUIT}`,
    { extension: "BINARYMIME" },
  ],
  ["3", "DATA cannot bring what BINARYMIME announced", `${BINARY}\nC: DATA\nS: 503\nC: RSET\nS: 250\n${QUIT}`, {
    extension: "BINARYMIME",
  }],
  [
    "4.1",
    "the simple chunking of the example",
    `S: 220\nC: EHLO ymir.claremont.edu\nS: 250 ~ ^CHUNKING$\nC: MAIL FROM:<Sam@Random.com>\nS: 250\nC: RCPT TO:<Susan@Random.com>\nS: 250\nC> "BDAT 86 LAST\\r\\n${
      "x".repeat(84)
    }\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "4.2",
    "the pipelined binary message of the example",
    `S: 220\nC: EHLO ymir.claremont.edu\nS: 250 ~ ^BINARYMIME$\nC: MAIL FROM:<ned@ymir.claremont.edu> BODY=BINARYMIME\nC: RCPT TO:<gvaudre@cnri.reston.va.us>\nC: RCPT TO:<jstewart@cnri.reston.va.us>\nS: 250\nS: 250\nS: 250\nC> "BDAT 1000\\r\\n${
      "x".repeat(1000)
    }BDAT 324\\r\\n${"y".repeat(324)}BDAT 0 LAST\\r\\n"\nS: 250\nS: 250\nS: 250\n${QUIT}`,
    { extension: "BINARYMIME" },
  ],
  ["2", "an empty message is a message", `${RCPT}\nC: BDAT 0 LAST\nS: 250\n${QUIT}`],
  [
    "2",
    "an empty chunk may stand anywhere",
    `${RCPT}\nC: BDAT 0\nS: 250\nC> "BDAT 7\\r\\nHello\\r\\n"\nS: 250\nC: BDAT 0\nS: 250\nC: BDAT 0 LAST\nS: 250\n${QUIT}`,
  ],
  ["2", "LAST comes in any case", `${RCPT}\nC> "bdat 7 last\\r\\nHello\\r\\n"\nS: 250\n${QUIT}`],
  [
    "2",
    "BDAT behind the last chunk is 503, and its octets are not commands",
    `${RCPT}\nC> "BDAT 7 LAST\\r\\nHello\\r\\nBDAT 6 LAST\\r\\nQUIT\\r\\nNOOP\\r\\n"\nS: 250\nS: 503\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "a dot that begins a line is not doubled, a line with a dot alone ends nothing",
    `${RCPT}\nC> "BDAT 17 LAST\\r\\na\\r\\n.\\r\\n.b\\r\\n..\\r\\n.\\r\\n"\nS: 250\nC: NOOP\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "messages by BDAT and by DATA may follow each other",
    `${RCPT}\nC> "BDAT 7 LAST\\r\\nHello\\r\\n"\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<b@example.org>\nS: 250\nC> "BDAT 7 LAST\\r\\nHello\\r\\n"\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "EHLO within chunks gives them up",
    `${RCPT}\nC> "BDAT 7\\r\\nHello\\r\\n"\nS: 250\nC: EHLO client.example\nS: 250\nC> "BDAT 7 LAST\\r\\nHello\\r\\n"\nS: 503\n${QUIT}`,
  ],
  [
    "2",
    "NOOP within chunks changes nothing",
    `${RCPT}\nC> "BDAT 7\\r\\nHello\\r\\n"\nS: 250\nC: NOOP\nS: 250\nC: BDAT 0 LAST\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "a whole transaction by BDAT may be one group",
    `${HELLO}\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<b@example.org>\\r\\nBDAT 6\\r\\nHello\\rBDAT 1 LAST\\r\\n\\nNOOP\\r\\n"\nS: 250\nS: 250\nS: 250\nS: 250\nS: 250\n${QUIT}`,
  ],
  [
    "2",
    "in a group whose recipients were refused the chunk is refused, and its octets are not commands",
    `${HELLO}\nC> "MAIL FROM:<a@example.net>\\r\\nRCPT TO:<no address\\r\\nBDAT 6 LAST\\r\\nQUIT\\r\\nNOOP\\r\\n"\nS: 250\nS: 5\nS: 503|554\nS: 250\n${QUIT}`,
  ],
  [
    "3",
    "the octets of BINARYMIME may end anywhere, and lines may have any length",
    `${BINARY}\nC> "BDAT 3000 LAST\\r\\n${"x".repeat(3000)}"\nS: 250\n${QUIT}`,
    { extension: "BINARYMIME" },
  ],
];

const limits: readonly Row[] = [
  [
    "3",
    "LIMITS is announced with the limits of the settings",
    `S: 220\nC: EHLO client.example\nS: 250 ~ ^LIMITS (.* )?RCPTMAX=3 MAILMAX=3$\n${QUIT}`,
    { extension: "LIMITS", needs: "small limits" },
  ],
  [
    "4",
    "one message more than MAILMAX is refused for now, and the session ends",
    `${HELLO}\n${
      "C: MAIL FROM:<a@example.net>\nS: 250\nC: RSET\nS: 250\n".repeat(3)
    }C: MAIL FROM:<a@example.net>\nS: 421 4.7.0\nS: (closed)`,
    { extension: "LIMITS", needs: "small limits" },
  ],
];

/** The scripts of extensions that change what a message may say or hold. */
export const extensionScripts: readonly ConformanceScript[] = [
  ...scriptsOf("RFC 3461", dsn),
  ...scriptsOf("RFC 3030", chunking),
  ...scriptsOf("RFC 9422", limits),
  ...scriptsOf("RFC 6531", utf8),
];
