import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { type SaslClientOutcome, type SaslServerOutcome, startSaslClient, startSaslServer } from "./sasl.ts";
import { defaultScramIterations, deriveScramKeys, formatScramKeys, parseScramKeys, type ScramKeys } from "./scram.ts";

/** The example of RFC 7677 section 3. */
const example = {
  clientNonce: "rOprNGfwEbeRWgbNEkqO",
  serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  salt: decodeBase64("W22ZaJ0SNY7soEsUEjb6gQ==")!,
  clientFirst: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  serverFirst: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  clientFinal:
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  serverFinal: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};
const exampleKeys = await deriveScramKeys("pencil", example.salt, 4096);

function client(credentials = { login: "user", password: "pencil" }, nonce = example.clientNonce) {
  return startSaslClient("SCRAM-SHA-256", credentials, true, () => nonce);
}

async function answer(start: { challenged: (line: string) => Promise<SaslClientOutcome> }, message: string) {
  const outcome = await start.challenged(encodeBase64(message));
  if (outcome.type === "cancel") throw new Error(outcome.text);
  return outcome;
}

function text(line: string | undefined): string {
  return Buffer.from(decodeBase64(line ?? "")!).toString();
}

/** Brings a server to the point at which it waits for the proof. */
function challenged(clientFirst: string, keys: ScramKeys = exampleKeys) {
  const asked = startSaslServer("SCRAM-SHA-256", encodeBase64(clientFirst));
  if (asked.type !== "keys") throw new Error(`expected to be asked for keys, got ${JSON.stringify(asked)}`);
  const challenge = asked.proceed(keys, example.serverNonce);
  if (challenge.type !== "challenge") throw new Error(challenge.type);
  return {
    ...asked,
    challenge: text(challenge.line),
    prove: (message: string) => challenge.respond(encodeBase64(message)),
  };
}

test("a client says what RFC 7677 section 3 says, and believes the server after its proof only", async () => {
  const start = client();
  expect(text(start.initialResponse)).toBe(example.clientFirst);
  expect(start.awaitsProof).toBe(true);
  const proof = await answer(start, example.serverFirst);
  expect(text(proof.line)).toBe(example.clientFinal);
  expect(proof.awaitsProof).toBe(true);
  const end = await answer(proof, example.serverFinal);
  expect(end).toMatchObject({ type: "response", line: "", awaitsProof: false });
  expect(await end.challenged("")).toMatchObject({ type: "cancel" });
});

test("a server says what RFC 7677 section 3 says", () => {
  const server = challenged(example.clientFirst);
  expect(server).toMatchObject({ login: "user", authorizationId: "", challenge: example.serverFirst });
  const outcome = server.prove(example.clientFinal);
  expect(outcome).toMatchObject({ type: "proof", proven: true, login: "user" });
  expect(outcome.type === "proof" && text(outcome.line)).toBe(example.serverFinal);
});

test("without an initial response the client speaks first all the same", async () => {
  const asked = startSaslServer("SCRAM-SHA-256");
  expect(asked).toMatchObject({ type: "challenge", line: "" });
  const start = startSaslClient("SCRAM-SHA-256", { login: "user", password: "pencil" }, false, () => "abc");
  expect(start.initialResponse).toBeUndefined();
  expect(text((await answer(start, "")).line)).toBe("n,,n=user,r=abc");
});

test.each([
  ["y,,n=user,r=abc", "user", "", "the client knows channel binding and sees that it is not offered"],
  ["n,a=zoe,n=user,r=abc", "user", "zoe", "another identity"],
  ["n,,n=a=2Cb=3Dc,r=abc", "a,b=c", "", "comma and equals sign"],
  ["n,,n=u\u0308,r=abc", "\u00fc", "", "SASLprep"],
  ["n,,n=user,r=abc,x=extension", "user", "", "an extension that nobody knows"],
])("%j is the login %j for %j: %s", (message, login, authorizationId) => {
  expect(challenged(message)).toMatchObject({ login, authorizationId });
});

test.each([
  ["p=tls-unique,,n=user,r=abc", "channel binding without -PLUS"],
  ["n,,m=ext,n=user,r=abc", "a mandatory extension"],
  ["n,,n=,r=abc", "no name"],
  ["n,,n=a=2Bb,r=abc", "a bad escape"],
  ["n,,n=\u0007,r=abc", "a name that SASLprep prohibits"],
  ["n,a=,n=user,r=abc", "an empty identity"],
  ["n,,r=abc,n=user", "the wrong order"],
  ["n,,n=user,r=", "no nonce"],
  ["n,,n=user,r=a b", "a nonce with a blank"],
  ["n,,n=user", "nothing behind the name"],
  ["z,,n=user,r=abc", "an unknown flag"],
  ["n,n=user,r=abc", "half a header"],
  ["", "nothing"],
])("%j is refused: %s", (message) => {
  const line = message === "" ? "=" : encodeBase64(message);
  expect(startSaslServer("SCRAM-SHA-256", line)).toMatchObject({ type: "refused", code: 501, enhanced: "5.5.2" });
});

test.each([
  [example.clientFinal.replace("c=biws", "c=eSws"), "another channel binding flag than before"],
  [example.clientFinal.replace("r=rO", "r=rQ"), "another nonce"],
  [example.clientFinal.replace(/,p=.*/, ""), "no proof"],
  [example.clientFinal.replace(/,p=.*/, ",p=!"), "no base64"],
  [`${example.clientFinal},x=behind`, "something behind the proof"],
])("the proof %j is refused: %s", (message) => {
  expect(challenged(example.clientFirst).prove(message)).toMatchObject({ type: "refused", code: 501 });
});

test("a client may cancel instead of proving anything", () => {
  const asked = startSaslServer("SCRAM-SHA-256", encodeBase64(example.clientFirst));
  const challenge = asked.type === "keys" ? asked.proceed(exampleKeys, "x") : asked;
  expect(challenge.type === "challenge" && challenge.respond("*")).toMatchObject({
    type: "refused",
    enhanced: "5.7.0",
  });
});

test.each([
  ["r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "nonce"],
  [`r=${example.clientNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, "nonce"],
  [example.serverFirst.replace("i=4096", "i=4095"), "4095 SCRAM iterations; expected 4096"],
  [example.serverFirst.replace("i=4096", "i=1000001"), "iterations"],
  [example.serverFirst.replace("i=4096", "i=1e9"), "iterations"],
  [example.serverFirst.replace("s=W22ZaJ0SNY7soEsUEjb6gQ==", "s="), "salt"],
  [`m=ext,${example.serverFirst}`, "challenge is none"],
  ["e=unknown-user", "refused the login: unknown-user"],
  ["", "challenge is none"],
])("a client cancels at the challenge %j: %s", async (message, why) => {
  const outcome = await client().challenged(encodeBase64(message));
  expect(outcome).toMatchObject({ type: "cancel", line: "*", text: expect.stringContaining(why) });
});

test.each([
  [example.serverFinal.replace("6r", "7r")],
  ["v="],
  ["e=invalid-proof"],
  ["x=y"],
  [""],
])("a client does not go on after the proof %j", async (message) => {
  const proof = await answer(client(), example.serverFirst);
  expect(await proof.challenged(encodeBase64(message))).toMatchObject({ type: "cancel" });
  expect(await proof.challenged("not base64")).toMatchObject({ type: "cancel" });
});

test("what a client says with the right password is proven, with any other it is not", async () => {
  const word = fc.string({ minLength: 1, maxLength: 12 }).filter((name) => name.trim() !== "");
  const nonces = fc.stringMatching(/^[!-+\--~]{8,20}$/);
  await fc.assert(
    fc.asyncProperty(word, word, word, nonces, async (login, password, other, nonce) => {
      const keys = await deriveScramKeys(password, example.salt, 4096);
      for (const tried of [password, other]) {
        const start = client({ login, password: tried }, nonce);
        const server = challenged(text(start.initialResponse), keys);
        expect(server.login).toBe(login);
        const proof = await answer(start, server.challenge);
        const outcome = server.prove(text(proof.line));
        if (outcome.type !== "proof") throw new Error(outcome.type);
        expect(outcome.proven).toBe(tried === password);
        const end = await proof.challenged(outcome.line);
        expect(end.type).toBe(tried === password ? "response" : "cancel");
      }
    }),
    { numRuns: 20 },
  );
});

test("no mutation of the proof is taken, and none breaks the server", () => {
  const server = challenged(example.clientFirst);
  const position = fc.nat(example.clientFinal.length - 1);
  fc.assert(fc.property(position, fc.string({ unit: "binary", maxLength: 3 }), fc.nat(2), (at, inserted, removed) => {
    const { clientFinal } = example;
    const mutated = clientFinal.slice(0, at) + inserted + clientFinal.slice(at + removed);
    const outcome = server.prove(mutated);
    if (mutated === clientFinal) return;
    expect(outcome.type === "refused" || (outcome.type === "proof" && !outcome.proven)).toBe(true);
  }));
});

test("whatever a client sends first, the server asks for keys or refuses", () => {
  const piece = fc.constantFrom("n", "y", "p=x", ",", "a=", "n=", "r=", "m=", "=2C", "=", "user", "\u00fc", "\0");
  fc.assert(fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
    const outcome: SaslServerOutcome = startSaslServer("SCRAM-SHA-256", encodeBase64(pieces.join("")));
    expect(["keys", "refused"]).toContain(outcome.type);
  }));
});

test("keys are written and read as text", async () => {
  expect(parseScramKeys(formatScramKeys(exampleKeys))).toEqual(exampleKeys);
  const { iterations } = await deriveScramKeys("pencil", example.salt);
  expect(iterations).toBe(defaultScramIterations);
  expect(parseScramKeys(formatScramKeys({ ...exampleKeys, iterations: 1000 }))).toBeUndefined();
  for (const wrong of ["", "SCRAM-SHA-1$4096:a$b:c", `${formatScramKeys(exampleKeys)}x`]) {
    expect(parseScramKeys(wrong)).toBeUndefined();
  }
});

test("a password is prepared: another keyboard gives the same keys", async () => {
  const [one, other] = [
    await deriveScramKeys("f\u00fcnf", example.salt, 4096),
    await deriveScramKeys("fu\u0308nf", example.salt, 4096),
  ];
  expect(one).toEqual(other);
});
