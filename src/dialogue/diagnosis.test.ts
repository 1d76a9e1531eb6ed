import { expect, test } from "vitest";
import { ConnectionError, TlsError } from "../net/errors.ts";
import { diagnose, type FailedServer } from "./diagnosis.ts";

const SERVER: FailedServer = {
  host: "smtp.example.net",
  port: 587,
  tls: "starttls",
  username: "office",
  protocol: "smtp",
};

function because(code: string, message = "it failed"): Error {
  return new ConnectionError("cannot connect", { cause: Object.assign(new Error(message), { code }) });
}

// What Node says and what Deno says for the same fault.
test.each([
  [because("ENOTFOUND"), "the name smtp.example.net does not exist"],
  [because("", "failed to lookup address information: Name or service not known"), "does not exist"],
  [because("EAI_AGAIN"), "no DNS server answers"],
  [because("ECONNREFUSED"), "nothing listens on port 587"],
  [because("", "Connection refused (os error 111)"), "nothing listens on port 587"],
  [because("EHOSTUNREACH"), "there is no way to smtp.example.net"],
  [new TlsError("TLS failed", { cause: because("CERT_HAS_EXPIRED", "certificate has expired") }), "has expired"],
  [new TlsError("TLS failed", { cause: new Error("invalid peer certificate: Expired") }), "has expired"],
  [new TlsError("TLS failed", { cause: new Error("invalid peer certificate: NotValidYet") }), "not valid yet"],
  [new TlsError("TLS failed", { cause: because("ERR_TLS_CERT_ALTNAME_INVALID") }), "not for the name"],
  [new TlsError("TLS failed", { cause: new Error("invalid peer certificate: NotValidForName") }), "not for the name"],
  [new TlsError("TLS failed", { cause: because("DEPTH_ZERO_SELF_SIGNED_CERT") }), "not trusted here"],
  [new TlsError("TLS failed", { cause: new Error("invalid peer certificate: UnknownIssuer") }), "not trusted here"],
  [new TlsError("TLS failed", { cause: because("ERR_SSL_WRONG_VERSION_NUMBER") }), "does not begin with TLS"],
  [new Error("STARTTLS was refused: 451 4.7.5 the server does not offer STARTTLS"), "offers no TLS on port 587"],
  [new Error("AUTH was refused: 535 5.7.8 no"), "does not accept the login office"],
  [
    new Error("AUTH was refused: 454 4.7.0 The server has not proven that it knows the password"),
    "another server may answer in its place",
  ],
  [new Error("AUTH was refused: 454 4.7.0 the server offers no mechanism that we know: NTLM"), "no way to log in"],
  [new Error("timed out while connecting to smtp.example.net:587"), "no answer from smtp.example.net"],
  [new Error("something new"), "something new"],
])("%s", (error, fault) => {
  const diagnosis = diagnose(error, SERVER);
  expect(diagnosis.fault).toContain(fault);
  expect(diagnosis.advice).not.toBe("");
});

test("the advice fits the protocol", () => {
  const source: FailedServer = { ...SERVER, port: 110, protocol: "pop3" };
  expect(diagnose(because("ECONNREFUSED"), source).advice).toContain("995");
  expect(diagnose(because("ECONNREFUSED"), SERVER).advice).toContain("587");
});

test("a provider's own replies are told as it means them", () => {
  const error = new Error(
    "AUTH was refused: 535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
  );
  expect(diagnose(error, { ...SERVER, host: "smtp.office365.com" })).toEqual({
    fault: "Microsoft has switched basic login (user name and password) off for this account",
    advice: "Sign in with OAuth, or send by another upstream until this one has it",
    certificateFault: null,
    remedy: null,
    isGuessed: false,
  });
});

const NOT_TLS = new TlsError("TLS failed", { cause: because("ERR_SSL_WRONG_VERSION_NUMBER") });
const NO_STARTTLS = new Error("STARTTLS was refused: 451 4.7.5 the server does not offer STARTTLS");
const SILENT = new Error("timed out while waiting for the reply to the greeting");

test.each<[string, Error, Partial<FailedServer>, object | null]>([
  ["implicit TLS at the port for STARTTLS", NOT_TLS, { tls: "implicit", port: 587 }, { tls: "starttls" }],
  ["implicit TLS at a port that is in the clear", NOT_TLS, { tls: "implicit", port: 2525 }, { tls: "starttls" }],
  ["no STARTTLS", NO_STARTTLS, {}, { tls: "implicit", port: 465 }],
  ["STLS at the port for implicit TLS", SILENT, { protocol: "pop3", port: 995 }, { tls: "implicit" }],
  ["silence where TLS began at once", SILENT, { tls: "implicit", port: 465 }, null],
  ["a closed port", because("ECONNREFUSED"), { port: 2525 }, { port: 587 }],
  ["a closed port 587", because("ECONNREFUSED"), {}, { tls: "implicit", port: 465 }],
  [
    "a POP3 server in place of an SMTP server",
    new ConnectionError('the server sent what is no SMTP reply: "+OK Dovecot ready."'),
    { port: 110 },
    { port: 587 },
  ],
  [
    "an SMTP server in place of a POP3 server",
    new Error('reply: the server sent "220 mail ESMTP", expected +OK or -ERR (RFC 1939 section 3)'),
    { protocol: "pop3", port: 25 },
    { tls: "implicit", port: 995 },
  ],
  ["what the provider documents", because("ECONNREFUSED"), { host: "smtp.gmail.com", port: 25 }, { port: 587 }],
  ["a wrong password", new Error("AUTH was refused: 535 5.7.8 no"), {}, null],
])("%s has a remedy, or none", (_, error, change, remedy) => {
  expect(diagnose(error, { ...SERVER, ...change }).remedy).toEqual(remedy);
});

test("settings that are no more than usual are told from those that this server is known to have", () => {
  const guessed = (error: Error, change: Partial<FailedServer>) => diagnose(error, { ...SERVER, ...change }).isGuessed;
  expect(guessed(because("ECONNREFUSED"), { port: 5877 })).toBe(true);
  expect(guessed(because("ECONNREFUSED"), { host: "smtp.gmail.com", port: 5877 })).toBe(false);
  expect(guessed(NO_STARTTLS, {})).toBe(false);
});

test("what servers of all kinds say of a message is told too", () => {
  const error = new Error("the message was refused: 550 5.7.1 relaying denied");
  expect(diagnose(error, SERVER).fault).toBe("the server does not pass on mail for us");
});
