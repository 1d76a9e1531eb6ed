import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsIn } from "../commands/support.ts";
import { type Dovecot, startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { waitFor } from "../support/wait.ts";

const password = "source-secret";
const own = "correct horse";

function account(login: string, source = ""): string {
  return `[[account]]\nlogin = "${login}@example.net"\npassword = "${own}"\n${source}\n`;
}

function sourceOf(user: string, { port, caPath }: { port: number; caPath: string }, more: string): string {
  return `[account.source]\nhost = "127.0.0.1"\nname = "${user}"\nport = ${port}\ntls = "starttls"\nca = "${caPath}"
username = "${user}"\npassword = "${password}"\ninterval = "30d"\n${more}`;
}

function message(subject: string, header = "", octets = 500): Buffer {
  const begin = `From: ann@example.org\r\n${header}Subject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\n`;
  return Buffer.from(`${begin}${`${"x".repeat(70)}\r\n`.repeat(Math.ceil(octets / 72))}`);
}

describe.skipIf(missingPrograms("dovecot").length > 0)("Dovecot as source", () => {
  const scene = createScene(afterAll);
  let dovecot: Dovecot;
  let waypost: Waypost;
  let commands: ReturnType<typeof commandsIn>;

  beforeAll(async () => {
    const certificate = await scene.certificate();
    dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
    scene.atEnd(() => dovecot.stop());
    const at = { port: dovecot.port, caPath: certificate.caPath };
    dovecot.fill("shared", [
      message("for-bob", "To: bob@example.net\r\n"),
      message("for-both", "To: bob@example.net, carol@example.net\r\n"),
      message("for-nobody", "To: list@example.org\r\n"),
    ]);
    dovecot.fill("limited", [message("film", "", 200_000), message("letter")]);
    dovecot.fill("tidy", [message("old-small"), message("old-large", "", 5_000), message("newest", "", 5_000)]);
    dovecot.fill("follow", [message("first"), message("second")]);
    const rules = ["bob", "carol"].map((name) =>
      `[[account.source.deliver]]\nrecipient = "${name}@example.net"\naccount = "${name}@example.net"\n`
    );
    const folder = scene.folder();
    waypost = await scene.waypost(
      folder,
      relaySettings({
        accounts: [
          account("shared", sourceOf("shared", at, rules.join(""))),
          account("bob"),
          account("carol"),
          account(
            "limited",
            sourceOf("limited", at, 'max_message_size = "100KB"\nmode = "delete"\ndelete_after = "0s"'),
          ),
          account(
            "tidy",
            sourceOf("tidy", at, 'mode = "delete"\ndelete_after = "0s"\ndelete_larger_than = "2KB"\nkeep_newest = 1'),
          ),
          account(
            "follow",
            sourceOf("follow", at, 'on_client_delete = "delete"\nfetch_on_login = "0s"\nfetch_on_login_wait = "30s"'),
          ),
        ].join("\n"),
      }),
    );
    commands = commandsIn(folder);
    for (const [login, count] of [["shared", 1], ["limited", 2], ["tidy", 3], ["follow", 2]] as const) {
      await waitFor(`the mail of ${login}`, async () => (await subjectsOf(login)).length === count, 60_000);
    }
  });

  async function logIn(login: string): Promise<RawPop3> {
    return await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, `${login}@example.net`, own);
  }

  async function subjectsOf(login: string): Promise<string[]> {
    const reader = await logIn(login);
    const count = (await reader.uidls()).length;
    const subjects: string[] = [];
    for (let number = 1; number <= count; number++) {
      const { octets } = await reader.retrieve(number);
      subjects.push(/^Subject: (.*)\r$/m.exec(octets.toString("latin1"))![1]!);
    }
    await reader.quit();
    return subjects;
  }

  test("one source serves several accounts, by the recipients in the header", async () => {
    expect(await subjectsOf("shared")).toEqual(["for-nobody"]);
    expect(await subjectsOf("bob")).toEqual(["for-bob", "for-both"]);
    expect(await subjectsOf("carol")).toEqual(["for-both"]);
    expect(dovecot.count("shared")).toBe(3);
  });

  test("a large message stays until it is asked for; then it comes whole, and delete mode removes it", async () => {
    expect(await subjectsOf("limited")).toEqual(["[0.2 MB, not fetched] film", "letter"].toSorted().toReversed());
    await waitFor("the letter to be removed", () => dovecot.count("limited") === 1);
    const { traces } = await commands.json<{ traces: { id: string }[] }>(["trace", "film@example.org"]);
    const fetched = await commands.json<{ results: unknown[] }>(["fetch", "--message", traces[0]!.id]);
    expect(fetched.results).toMatchObject([{ fetched: 1, removed: 1, outcome: "ok" }]);
    expect(dovecot.count("limited")).toBe(0);
    const reader = await logIn("limited");
    const sizes = (await reader.list("LIST")).map((line) => Number(line.split(" ")[1]));
    await reader.quit();
    expect(Math.max(...sizes)).toBe(message("film", "", 200_000).length);
  });

  test("delete mode removes only what is large, and not the newest; the plan says so before", async () => {
    await waitFor("the large message to be removed", () => dovecot.count("tidy") === 2);
    dovecot.fill("tidy", [message("newer", "", 5_000)]);
    const { plans } = await commands.json<{ plans: Record<string, { count: number; first: { subject: string }[] }>[] }>(
      [
        "fetch",
        "tidy@example.net",
        "--dry-run",
      ],
    );
    expect(plans[0]).toMatchObject({ fetch: { count: 1 }, remove: { count: 1, first: [{ subject: "newest" }] } });
    expect(dovecot.count("tidy")).toBe(3);
    const { results } = await commands.json<{ results: unknown[] }>(["fetch", "tidy@example.net"]);
    expect(results).toMatchObject([{ fetched: 1, removed: 1 }]);
    expect(dovecot.count("tidy")).toBe(2);
  });

  test("a client that logs in finds what has just come, and what it deletes is deleted on the server", async () => {
    dovecot.fill("follow", [message("third")]);
    const reader = await logIn("follow");
    expect((await reader.uidls()).length).toBe(3);
    await reader.ask("DELE 2");
    await reader.quit();
    const again = await logIn("follow");
    expect((await again.uidls()).length).toBe(2);
    await again.quit();
    expect(dovecot.count("follow")).toBe(2);
    const { messages } = await commands.json<{ messages: { subject: string }[] }>([
      "mailbox",
      "removed",
      "follow@example.net",
    ]);
    expect(messages.map(({ subject }) => subject)).toEqual(["second"]);
  });

  test("a source that is away is told in words, and the mail that is here is read", async () => {
    await dovecot.stop();
    const ran = await commands.run(["fetch", "follow@example.net"]);
    expect(ran.code).toBe(1);
    const { mailboxes } = await commands.json<
      { mailboxes: { source: string; failures: number; lastOutcome: string }[] }
    >([
      "status",
    ]);
    expect(mailboxes.find(({ source }) => source === "follow")).toMatchObject({
      failures: expect.any(Number),
      lastOutcome: expect.stringContaining("cannot connect"),
    });
    expect((await subjectsOf("bob")).length).toBe(2);
  });
});
