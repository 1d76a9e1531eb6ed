import { type ConformanceScript, HELLO, MAIL, ONE_MESSAGE, QUIT } from "./script.ts";

const dsn: readonly (readonly [string, string, string])[] = [
  ["3", "DSN is announced, without a parameter", `S: 220\nC: EHLO client.example\nS: 250 ~ ^DSN$\n${QUIT}`],
  [
    "4.1",
    "NOTIFY takes NEVER alone, or a list",
    `${MAIL}\nC: RCPT TO:<b@example.org> NOTIFY=NEVER\nS: 250\nC: RCPT TO:<c@example.org> NOTIFY=SUCCESS,delay\nS: 250\nC: RCPT TO:<d@example.org> NOTIFY=NEVER,DELAY\nS: 501\nC: RCPT TO:<d@example.org> NOTIFY\nS: 501\n${QUIT}`,
  ],
  [
    "4.2",
    "ORCPT takes an address type and an address in xtext",
    `${MAIL}\nC: RCPT TO:<b@example.org> ORCPT=rfc822;Bob+2Btag@example.org\nS: 250\nC: RCPT TO:<c@example.org> ORCPT=c@example.org\nS: 501\n${QUIT}`,
  ],
  [
    "4.3",
    "RET takes FULL and HDRS",
    `${HELLO}\nC: MAIL FROM:<a@example.net> RET=FOO\nS: 501\nC: MAIL FROM:<a@example.net> RET=full\nS: 250\nC: RSET\nS: 250\nC: MAIL FROM:<a@example.net> RET=HDRS\nS: 250\n${QUIT}`,
  ],
  [
    "4.4",
    "ENVID takes up to 100 characters of xtext",
    `${HELLO}\nC: MAIL FROM:<a@example.net> ENVID=a+2g\nS: 501\nC: MAIL FROM:<a@example.net> ENVID=${
      "x".repeat(100)
    }\nS: 250\n${QUIT}`,
  ],
  [
    "4.5",
    "a parameter that is given twice is refused",
    `${HELLO}\nC: MAIL FROM:<a@example.net> RET=HDRS RET=HDRS\nS: 501\n${QUIT}`,
  ],
  [
    "10.1",
    "the submission of the example is taken",
    `S: 220\nC: EHLO Example.ORG\nS: 250 ~ ^DSN$\nC: MAIL FROM:<Alice@Example.ORG> RET=HDRS ENVID=QQ314159\nS: 250\nC: RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM\nS: 250\nC: RCPT TO:<Carol@Ivory.EDU> NOTIFY=FAILURE ORCPT=rfc822;Carol@Ivory.EDU\nS: 250\nC: RCPT TO:<Dana@Ivory.EDU> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Dana@Ivory.EDU\nS: 250\nC: RCPT TO:<Eric@Bombs.AF.MIL> NOTIFY=FAILURE ORCPT=rfc822;Eric@Bombs.AF.MIL\nS: 250\nC: RCPT TO:<Fred@Bombs.AF.MIL> NOTIFY=NEVER\nS: 250\nC: DATA\nS: 354\n${ONE_MESSAGE}\nS: 250\n${QUIT}`,
  ],
];

const utf8: readonly (readonly [string, string, string])[] = [
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
    `${HELLO}\nC: MAIL FROM:<a@example.net> SMTPUTF8=yes\nS: 501\nC: MAIL FROM:<a@example.net> SMTPUTF8\nS: 250\n${QUIT}`,
  ],
  [
    "3.5",
    "an address beyond ASCII without SMTPUTF8 is refused, the transaction goes on",
    `${HELLO}\nC: MAIL FROM:<jörg@example.net>\nS: 55 5.6.7\nC: MAIL FROM:<a@example.net>\nS: 250\nC: RCPT TO:<jörg@example.org>\nS: 55 5.6.7\nC: RCPT TO:<b@example.org>\nS: 250\n${QUIT}`,
  ],
];

/** The scripts of extensions that change what a message may say or hold. */
export const extensionScripts: readonly ConformanceScript[] = [
  ...dsn.map(([section, rule, script]) => ({ rfc: "RFC 3461", section, rule, script })),
  ...utf8.map(([section, rule, script]) => ({ rfc: "RFC 6531", section, rule, script })),
];
