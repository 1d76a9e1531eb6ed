import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsIn } from "../commands/support.ts";
import { runProgram } from "../support/peers/clients.ts";
import { startDovecot } from "../support/peers/dovecot.ts";
import { missingPrograms } from "../support/peers/installed.ts";
import type { Waypost } from "../support/process.ts";
import { RawPop3 } from "../support/raw-pop3.ts";
import { relaySettings } from "../support/relay-settings.ts";
import { sampleMessage } from "../support/sample-messages.ts";
import { createScene } from "../support/scene.ts";

const password = "a correct horse";
/** Messages of whole lines that end with CR LF: what every archive can keep. */
const messages = [
  ...Array.from({ length: 5 }, (_, index) => sampleMessage(2_000 + 10 * index, `number ${index}`)),
  Buffer.from("Subject: to be quoted\r\n\r\nFrom here\r\n\r\nFrom the end\r\n"),
  Buffer.from("Subject: dots and blanks\r\n\r\n.\r\n..\r\n\r\n\r\n"),
  Buffer.from("Subject: 8-bit \xe4\r\n\r\n\xff\x01\r\n", "latin1"),
  Buffer.from(`Subject: long\r\n\r\n${"x".repeat(100_000)}\r\n`),
  sampleMessage(3_000_000, "large"),
];
/** What mboxo cannot keep, which is what Python writes. */
const quoted = Buffer.from("Subject: quoted already\r\n\r\n>From there\r\n>>From nowhere\r\n");
const names = ["python-mbox", "python-maildir", "dovecot", "mutt-mbox", "mutt-maildir", "again-mbox", "again-maildir"];
const loginOf = (name: string) => `${name}@example.net`;

/** Python's own module: an independent reader and writer. */
const WRITE = `
import glob, mailbox, sys
kind, place, folder = sys.argv[1:4]
box = mailbox.mbox(place) if kind == "mbox" else mailbox.Maildir(place)
for name in sorted(glob.glob(folder + "/*.eml")):
    text = open(name, "rb").read().replace(b"\\r\\n", b"\\n")
    box.add(mailbox.mboxMessage(text) if kind == "mbox" else text)
box.flush()
box.close()
`;
const READ = `
import mailbox, re, sys
kind, place, folder = sys.argv[1:4]
box = mailbox.mbox(place) if kind == "mbox" else mailbox.Maildir(place)
for key in box.keys():
    text = box.get_bytes(key)
    if kind == "mbox":
        text = re.sub(rb"(?m)^>(>*From )", rb"\\1", text)
    number = box.get_message(key)["X-Number"] or re.search(rb"(?m)^Subject: *(.*)$", text).group(1).decode("latin1")
    open(folder + "/" + re.sub(r"\\W+", "-", str(number)) + ".eml", "wb").write(text.replace(b"\\n", b"\\r\\n"))
`;

describe.skipIf(missingPrograms("python3").length > 0)("archives that other programs write and read", () => {
  const scene = createScene(afterAll);
  let waypost: Waypost;
  let folder: string;
  let source: string;

  beforeAll(async () => {
    folder = scene.folder();
    source = path.join(scene.folder(), "source");
    mkdirSync(source);
    messages.forEach((octets, index) => writeFileSync(path.join(source, `${index}.eml`), octets));
    const accounts = names.map((name) => `[[account]]\nlogin = "${loginOf(name)}"\npassword = "${password}"\n`);
    waypost = await scene.waypost(folder, relaySettings({ accounts: accounts.join("") }));
  });

  const command = (...args: string[]) => commandsIn(folder).json<Record<string, unknown>>(["mailbox", ...args]);
  const sorted = (octets: readonly Buffer[]) => octets.map((one) => one.toString("latin1")).sort();
  const filesIn = (place: string) => readdirSync(place).map((name) => readFileSync(path.join(place, name)));

  async function served(name: string): Promise<Buffer[]> {
    const reader = await RawPop3.logIn(waypost.pop3[0]!, waypost.ca, loginOf(name), password);
    const got: Buffer[] = [];
    for (const line of await reader.list("LIST")) {
      const [number, size] = line.split(" ").map(Number);
      const { octets } = await reader.retrieve(number!);
      expect(octets.length).toBe(size);
      got.push(octets);
    }
    await reader.quit();
    return got;
  }

  for (const kind of ["mbox", "maildir"] as const) {
    test(`Python writes an ${kind}, Waypost reads it; Waypost writes one, Python reads it: octet for octet`, async () => {
      const name = `python-${kind}`;
      const place = path.join(scene.folder(), "written");
      await runProgram("python3", ["-c", WRITE, kind, place, source]);
      // Python puts ">" before "From " alone: that is mboxo.
      expect(await command("import", loginOf(name), place, "--quoting", "mboxo")).toMatchObject({
        imported: messages.length,
        format: kind,
      });
      expect(sorted(await served(name))).toEqual(sorted(messages));

      const more = path.join(scene.folder(), "quoted.eml");
      writeFileSync(more, quoted);
      await command("import", loginOf(name), more);
      const out = path.join(scene.folder(), "out");
      await command("export", loginOf(name), out, "--format", kind);
      const read = scene.folder();
      await runProgram("python3", ["-c", READ, kind, out, read]);
      expect(sorted(filesIn(read))).toEqual(sorted([...messages, quoted]));
    });
  }

  test.skipIf(missingPrograms("dovecot").length > 0)(
    "Dovecot serves a Maildir of ours, and we read one of its own",
    async () => {
      const certificate = await scene.certificate();
      const dovecot = await startDovecot({ folder: scene.folder(), certificate, password });
      scene.atEnd(() => dovecot.stop());
      dovecot.fill("writer", messages);
      expect(await command("import", loginOf("dovecot"), dovecot.maildir("writer"))).toMatchObject({
        imported: messages.length,
      });
      expect(sorted(await served("dovecot"))).toEqual(sorted(messages));
      const out = path.join(scene.folder(), "out");
      await command("export", loginOf("dovecot"), out, "--format", "maildir");
      dovecot.fill("reader", []);
      cpSync(out, dovecot.maildir("reader"), { recursive: true });
      await runProgram("chown", ["-R", "nobody:nogroup", dovecot.maildir("reader")]);
      const reader = await RawPop3.logIn(dovecot, certificate.ca, "reader", password);
      const got: Buffer[] = [];
      for (let number = 1; number <= messages.length; number++) got.push((await reader.retrieve(number)).octets);
      await reader.quit();
      expect(sorted(got)).toEqual(sorted(messages));
    },
  );

  for (const format of ["mbox", "maildir"] as const) {
    test.skipIf(missingPrograms("neomutt").length > 0)(
      `neomutt copies an ${format} of ours, and we read its copy`,
      async () => {
        const name = `mutt-${format}`;
        await command("import", loginOf(name), source);
        const [out, copy] = [path.join(scene.folder(), "out"), path.join(scene.folder(), "copy")];
        await command("export", loginOf(name), out, "--format", format);
        const commands = [
          `set mbox_type=${format === "mbox" ? "mbox" : "Maildir"}`,
          "set confirmappend=no confirmcreate=no copy=no quit=yes delete=yes move=no wait_key=no resolve=no",
          `push "<tag-pattern>~A<enter><tag-prefix><copy-message>${copy}<enter><exit>"`,
        ];
        const options = commands.flatMap((one) => ["-e", one]);
        await runProgram("script", [
          "-qec",
          ["neomutt", "-n", "-F", "/dev/null", ...options, "-f", out].map(quote).join(" "),
          "/dev/null",
        ], { TERM: "xterm" });
        // It adds lines to the header, so that the copies are other messages.
        expect(await command("import", loginOf(`again-${format}`), copy)).toMatchObject({
          format,
          imported: messages.length,
        });
      },
      60_000,
    );
  }
});

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
