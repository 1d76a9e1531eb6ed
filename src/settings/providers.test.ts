import { expect, test } from "vitest";
import { errorsOf, settingsOf } from "./sample.ts";
import { explainReply, providerByHost, providerById, providerOf, providers } from "./providers.ts";

test("a provider fills in the host, the port, TLS and the limits of an upstream, and what is given counts more", () => {
  const { upstreams } = settingsOf(`
[[upstream]]
name = "office"
provider = "microsoft365"

[[upstream]]
name = "private"
provider = "yahoo"
tls = "starttls"
max_connections = 2
`);
  expect(upstreams[0]).toMatchObject({
    host: "smtp.office365.com",
    port: 587,
    tls: "starttls",
    maxConnections: 3,
    messagesPerMinute: 30,
    messagesPerDay: 0,
    recipientsPerDay: 10_000,
  });
  // Another way of TLS than the profile's has another port.
  expect(upstreams[1]).toMatchObject({ host: "smtp.mail.yahoo.com", port: 587, maxConnections: 2 });
});

test("a provider without one server for all asks for the host, and says how it is found", () => {
  expect(errorsOf('[[upstream]]\nname = "bulk"\nprovider = "amazon-ses"')).toEqual([
    "w.toml:1: upstream[0].host: (missing) — expected a host name: email-smtp.REGION.amazonaws.com, such as " +
    "email-smtp.eu-central-1.amazonaws.com",
  ]);
  expect(errorsOf('[[upstream]]\nname = "other"')[0]).toContain(
    "upstream[0].host: (missing) — expected a host name, or",
  );
});

test("the providers have ids and servers of their own, and every sentence stands without its full stop", () => {
  expect(new Set(providers.map(({ id }) => id)).size).toBe(providers.length);
  for (const { smtp, replies } of providers) {
    expect(smtp.host !== null || smtp.hostHint !== undefined).toBe(true);
    for (const { meaning, mending } of replies) expect(`${meaning}|${mending}`).toMatch(/^[^.].*[^.]\|.*[^.]$/s);
  }
});

test.each([
  ["gmail", "535 5.7.8 Username and Password not accepted. Learn more", /app password/, undefined],
  ["gmail", "534 5.7.9 Application-specific password required.", /wants an app password/, undefined],
  ["gmail", "550 5.4.5 Daily user sending limit exceeded.", /24 hours/, "quota"],
  [
    "microsoft365",
    "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
    /switched basic/,
    undefined,
  ],
  [
    "microsoft365",
    "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
    /switched off/,
    undefined,
  ],
  ["microsoft365", "432 4.3.2 Concurrent connections limit exceeded.", /three connections/, "rate"],
  ["amazon-ses", "454 4.3.0 Throttling failure: Maximum sending rate exceeded", /in a second/, "rate"],
  ["amazon-ses", "454 Throttling failure: Daily message quota exceeded", /24 hours/, "quota"],
  ["amazon-ses", "554 Message rejected: Email address is not verified.", /not as verified/, undefined],
  ["sendgrid", "550 The from address does not match a verified Sender Identity.", /one of yours/, undefined],
  ["zoho", "553 Relaying disallowed as office@example.net", /aliases/, undefined],
  ["generic", "421 4.7.0 Too many concurrent SMTP connections", /fewer connections/, "rate"],
  ["generic", "450 4.2.1 The user is receiving mail too quickly", /too fast|busy/, "rate"],
  [
    "generic",
    "no connection: cannot connect to 127.0.0.1:25: ECONNREFUSED",
    /could not be reached/,
    undefined,
  ],
  ["generic", "TLS failed: TLS with 127.0.0.1 failed", /protected by TLS/, undefined],
])("%s: %s is explained", (id, reply, meaning, limit) => {
  const known = explainReply(providerById(id)!, reply);
  expect(known?.meaning).toMatch(meaning);
  expect(known?.limit).toBe(limit);
});

test("what nobody knows is left to speak for itself", () => {
  expect(explainReply(providerById("gmail")!, "550 5.1.1 No such user here")).toBe(null);
});

test("an upstream without a profile has that of its server", () => {
  expect(providerOf({ host: "SMTP.gmail.com" }).id).toBe("gmail");
  expect(providerOf({ provider: "brevo", host: "smtp.gmail.com" }).id).toBe("brevo");
  expect(providerOf({ host: "mail.example.net" }).id).toBe("generic");
  expect(providerByHost("outlook.office365.com")?.id).toBe("microsoft365");
});
