import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

const secret = new Secret("correct horse");

test("a secret is shown as (secret) wherever text is made of it", () => {
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: [{ secret }] }, { showHidden: true, depth: 9 }),
    format("%s %o %O %j", secret, secret, secret, secret),
    JSON.stringify(structuredClone({ secret })),
    Object.entries(secret).join(),
  ];
  for (const text of shown) expect(text).not.toContain("correct horse");
  expect(`${secret}`).toBe("(secret)");
});

test("a secret gives its value only to reveal", () => {
  expect(secret.reveal()).toBe("correct horse");
});
