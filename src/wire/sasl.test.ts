import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import {
  chooseSaslMechanism,
  maxSaslLineOctets,
  needsScramKeys,
  saslMechanismNames,
  type SaslServerOutcome,
  startSaslClient,
  startSaslServer,
} from "./sasl.ts";

function expectChallenge(outcome: SaslServerOutcome) {
  if (outcome.type !== "challenge") throw new Error(`expected a challenge, got ${outcome.type}`);
  return outcome;
}

const tim = { type: "password", authorizationId: "", login: "tim", password: "tanstaaftanstaaf" };

test("PLAIN takes the examples of RFC 4616 section 4", () => {
  expect(startSaslServer("PLAIN", encodeBase64("\0tim\0tanstaaftanstaaf"))).toEqual(tim);
  expect(startSaslServer("plain", encodeBase64("Ursel\0Kurt\0xipj3plmq"))).toEqual({
    type: "password",
    authorizationId: "Ursel",
    login: "Kurt",
    password: "xipj3plmq",
  });
});

test("PLAIN takes the example of RFC 4954 section 4.1, with and without an initial response", () => {
  const line = "dGVzdAB0ZXN0ADEyMzQ=";
  const expected = { type: "password", authorizationId: "test", login: "test", password: "1234" };
  expect(startSaslServer("PLAIN", line)).toEqual(expected);
  const asked = expectChallenge(startSaslServer("PLAIN"));
  expect(asked.line).toBe("");
  expect(asked.respond(line)).toEqual(expected);
});

test("LOGIN asks for the login, then for the password", () => {
  const first = expectChallenge(startSaslServer("LOGIN"));
  expect(first.line).toBe("VXNlcm5hbWU6");
  const second = expectChallenge(first.respond(encodeBase64("tim")));
  expect(second.line).toBe("UGFzc3dvcmQ6");
  expect(second.respond(encodeBase64("tanstaaftanstaaf"))).toEqual(tim);
  const withName = expectChallenge(startSaslServer("LOGIN", encodeBase64("tim")));
  expect(withName.line).toBe("UGFzc3dvcmQ6");
});

test.each([
  ["tim", "no NUL"],
  ["\0tim", "one NUL"],
  ["\0tim\0", "an empty password"],
  ["\0\0secret", "an empty login"],
  ["a\0b\0c\0d", "three NULs"],
  ["", "nothing"],
])("PLAIN refuses %j: %s", (message) => {
  const line = message === "" ? "=" : encodeBase64(message);
  expect(startSaslServer("PLAIN", line)).toMatchObject({ type: "refused", code: 501, enhanced: "5.5.2" });
});

test.each(["AAA", "A===", "AA=A", "AAB=", "AB==", "AAAA AAAA", "AAA-", "AAA\n", "=", "gICA", "Ünö="])(
  "a response that is not UTF-8 in strict base64 is refused: %j",
  (line) => {
    const asked = expectChallenge(startSaslServer("PLAIN"));
    expect(asked.respond(line)).toMatchObject({ type: "refused", code: 501, enhanced: "5.5.2" });
  },
);

test("an asterisk cancels, RFC 4954 section 4", () => {
  const cancelled = { type: "refused", code: 501, enhanced: "5.7.0", text: "Authentication cancelled" };
  expect(expectChallenge(startSaslServer("LOGIN")).respond("*")).toEqual(cancelled);
  expect(startSaslServer("PLAIN", "*")).toEqual(cancelled);
});

test("an over-long line and an unknown mechanism are refused", () => {
  const line = "A".repeat(maxSaslLineOctets + 4);
  expect(startSaslServer("PLAIN", line)).toMatchObject({ type: "refused", code: 500, enhanced: "5.5.6" });
  expect(startSaslServer("CRAM-MD5")).toMatchObject({ type: "refused", code: 504, enhanced: "5.5.4" });
  expect(startSaslServer("toString")).toMatchObject({ type: "refused", code: 504 });
});

test("a refusal does not repeat what the client sent", () => {
  const refused = startSaslServer("PLAIN", encodeBase64("very secret"));
  expect(JSON.stringify(refused)).not.toContain("secret");
});

test("a client sends PLAIN on the AUTH line or after the challenge", async () => {
  const credentials = { login: "tim", password: "tanstaaftanstaaf" };
  const inline = startSaslClient("PLAIN", credentials);
  expect(inline.initialResponse).toBe("AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
  expect(await inline.challenged("")).toMatchObject({ type: "cancel", line: "*" });
  const separate = startSaslClient("PLAIN", credentials, false);
  expect(separate.initialResponse).toBeUndefined();
  expect(await separate.challenged("")).toMatchObject({ type: "response", line: "AHRpbQB0YW5zdGFhZnRhbnN0YWFm" });
});

test("a LOGIN client answers in order, whatever the challenges say", async () => {
  const start = startSaslClient("LOGIN", { login: "tim", password: "secret" });
  expect(start.initialResponse).toBeUndefined();
  const first = await start.challenged("not base64 at all");
  if (first.type !== "response") throw new Error(first.text);
  expect(first.line).toBe("dGlt");
  const second = await first.challenged("");
  if (second.type !== "response") throw new Error(second.text);
  expect(second.line).toBe("c2VjcmV0");
  expect(await second.challenged("VXNlcm5hbWU6")).toMatchObject({ type: "cancel" });
});

test("credentials that SASL cannot carry are an error that does not show them", () => {
  expect(() => startSaslClient("PLAIN", { login: "a\0b", password: "p" })).toThrow("The login holds a NUL character");
  expect(() => startSaslClient("PLAIN", { login: "a", password: "hush\0" })).toThrow(
    /^The password holds a NUL(?!.*hush)/,
  );
  expect(() => startSaslClient("PLAIN", { login: "", password: "p" })).toThrow("The login is empty");
  expect(() => startSaslClient("LOGIN", { login: "a", password: "" })).toThrow("The password is empty");
  expect(() => startSaslClient("X", { login: "a", password: "b" })).toThrow("SASL mechanism X is not supported");
});

test("the best mechanism that both know is chosen", () => {
  expect(chooseSaslMechanism(["login", "plain", "XOAUTH2"])).toBe("PLAIN");
  expect(chooseSaslMechanism(["LOGIN"])).toBe("LOGIN");
  expect(chooseSaslMechanism(["CRAM-MD5"])).toBeUndefined();
  expect(chooseSaslMechanism(["PLAIN", "scram-sha-256"])).toBe("SCRAM-SHA-256");
  expect(chooseSaslMechanism(["PLAIN", "SCRAM-SHA-256"], undefined, "plain")).toBe("PLAIN");
  expect(chooseSaslMechanism(["SCRAM-SHA-256"], undefined, "plain")).toBeUndefined();
  // What SASLprep prohibits goes by a mechanism that sends it as it is.
  expect(chooseSaslMechanism(["PLAIN", "SCRAM-SHA-256"], { login: "a", password: "b\u200ec" })).toBe("PLAIN");
});

test("what any client sends, the server reads, by every mechanism that tells the password", async () => {
  const word = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));
  const names = saslMechanismNames.filter((name) => !needsScramKeys(name));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), word, word, fc.boolean(), async (name, login, password, inline) => {
      const client = startSaslClient(name, { login, password }, inline);
      let server = startSaslServer(name, client.initialResponse);
      let challenged = client.challenged;
      while (server.type === "challenge") {
        const answer = await challenged(server.line);
        if (answer.type === "cancel") throw new Error(answer.text);
        challenged = answer.challenged;
        server = server.respond(answer.line);
      }
      expect(server).toEqual({ type: "password", login, password, authorizationId: "" });
    }),
  );
});

test("base64 round-trips any octets and takes no other spelling of them", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
    expect(new Uint8Array(decodeBase64(encodeBase64(octets)) ?? [])).toEqual(octets);
  }));
  fc.assert(fc.property(fc.string({ maxLength: 12 }), (text) => {
    const octets = decodeBase64(text);
    if (octets) expect(encodeBase64(octets)).toBe(text);
  }));
});
