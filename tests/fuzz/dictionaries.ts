import { Buffer } from "node:buffer";
import type { Dictionary } from "./sessions.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const PLAIN = base64("\0alice@example.net\0correct horse");
const ENVELOPE = "MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\n";
const SCRAM = `AUTH SCRAM-SHA-256 ${base64("n,,n=alice@example.net,r=fyko+d2lbbFgONRv9qkxdawL")}\r\n`;

/** Sessions of SMTP clients. */
export const smtpDictionary: Dictionary = {
  sessions: [
    `EHLO client.example\r\n${ENVELOPE}DATA\r\nSubject: one\r\n\r\nText.\r\n..dots\r\n.\r\nQUIT\r\n`,
    `HELO printer\r\n${ENVELOPE}DATA\r\nText.\r\n.\r\n${ENVELOPE}DATA\r\nMore.\r\n.\r\nQUIT\r\n`,
    `EHLO [192.0.2.1]\r\n${ENVELOPE}BDAT 6\r\nHello\rBDAT 4 LAST\r\n\n.\r\nQUIT\r\n`,
    "EHLO a\r\nMAIL FROM:<a@example.net> BODY=BINARYMIME\r\nRCPT TO:<b@example.org>\r\nBDAT 8 LAST\r\na\0\n\r.\n\xff\rQUIT\r\n",
    "EHLO a\r\nMAIL FROM:<> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=x+2By AUTH=<>\r\n" +
    "RCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org\r\nDATA\r\nz\xc3\xbcrich\r\n.\r\nQUIT\r\n",
    `EHLO a\r\nAUTH PLAIN ${PLAIN}\r\n${ENVELOPE}DATA\r\nText.\r\n.\r\nQUIT\r\n`,
    `EHLO a\r\nAUTH LOGIN\r\n${base64("alice@example.net")}\r\n${
      base64("correct horse")
    }\r\n${ENVELOPE}RSET\r\nQUIT\r\n`,
    `EHLO a\r\n${SCRAM}${base64("c=biws,r=x,p=eA==")}\r\nNOOP\r\nQUIT\r\n`,
    `EHLO a\r\nSTARTTLS\r\nVRFY x\r\nEXPN y\r\nHELP\r\nNOOP x\r\nRSET\r\n${ENVELOPE}${
      "RCPT TO:<c@example.org>\r\n".repeat(6)
    }DATA\r\n.\r\nQUIT\r\n`,
    `EHLO a\r\n${ENVELOPE}DATA\r\n${"x".repeat(300)}\r\n.\r\n${ENVELOPE}DATA\r\n${"line\r\n".repeat(200)}.\r\nQUIT\r\n`,
  ],
  parts: [
    "EHLO client.example\r\n",
    "HELO x\r\n",
    "MAIL FROM:<a@example.net>\r\n",
    "MAIL FROM:<a@example.net> BODY=BINARYMIME\r\n",
    'MAIL FROM: <"a b\\"c"@[IPv6:::1]> SIZE=10\r\n',
    "RCPT TO:<b@example.org>\r\n",
    "RCPT TO:<nobody@example.org>\r\n",
    "RCPT TO:<@a,@b:c@example.org>\r\n",
    `RCPT TO:<${"x".repeat(70)}@example.org>\r\n`,
    "DATA\r\n",
    "Text.\r\n",
    "..\r\n",
    ".\r\n",
    ".\n",
    "\n.\n",
    "\r.\r",
    "\r\n.\r\n",
    "BDAT 5\r\nab\r\nc",
    "BDAT 0 LAST\r\n",
    "BDAT 3 LAST\r\na\r\n",
    "BDAT 100\r\n",
    "BDAT x\r\n",
    "BDAT 999999999999999 LAST\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "STARTTLS\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    `AUTH PLAIN ${PLAIN}\r\n`,
    "AUTH PLAIN\r\n",
    `${PLAIN}\r\n`,
    "AUTH LOGIN\r\n",
    SCRAM,
    "*\r\n",
    "=\r\n",
    `NOOP ${"x".repeat(300)}\r\n`,
    `${"y".repeat(120)}\r\n`,
    "\xc3\xa9\r\n",
    "\0\r\n",
    "\r\n",
  ],
};

const LOGIN = "USER mrose\r\nPASS secret\r\n";

/** Sessions of POP3 clients: login "mrose", password "secret". */
export const pop3Dictionary: Dictionary = {
  sessions: [
    `${LOGIN}STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n`,
    `CAPA\r\n${LOGIN}CAPA\r\nTOP 1 0\r\nTOP 2 10\r\nLIST 1\r\nUIDL 2\r\nRSET\r\nNOOP\r\nQUIT\r\n`,
    `AUTH PLAIN ${base64("\0mrose\0secret")}\r\nRETR 2\r\nDELE 2\r\nRETR 2\r\nQUIT\r\n`,
    `AUTH LOGIN\r\n${base64("mrose")}\r\n${base64("secret")}\r\nUIDL\r\nQUIT\r\n`,
    "USER mrose\r\nPASS wrong\r\nUSER nobody\r\nPASS secret\r\nSTLS\r\nQUIT\r\n",
  ],
  parts: [
    "USER mrose\r\n",
    "PASS secret\r\n",
    "PASS  wrong \r\n",
    LOGIN,
    "STAT\r\n",
    "LIST\r\n",
    "LIST 3\r\n",
    "UIDL\r\n",
    "RETR 1\r\n",
    "RETR 99999999999999999999\r\n",
    "RETR -1\r\n",
    "TOP 1 5\r\n",
    "TOP 1\r\n",
    "DELE 1\r\n",
    "DELE 2\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "CAPA\r\n",
    "QUIT\r\n",
    "STLS\r\n",
    "AUTH\r\n",
    "AUTH PLAIN\r\n",
    `${base64("\0mrose\0secret")}\r\n`,
    "AUTH LOGIN\r\n",
    "*\r\n",
    "UTF8\r\n",
    "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n",
    `NOOP ${"x".repeat(9_000)}\r\n`,
    "\xff\xfe\r\n",
    "\n",
    "\r\n",
  ],
};
