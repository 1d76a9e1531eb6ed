import { accessPages } from "./help-access.ts";
import { COMMON_OPTIONS, CONFIG_OPTION, type HelpPage } from "./help-page.ts";

/** Every command in the order in which help lists them. */
export const helpPages = {
  serve: {
    summary: "run",
    usage: ["serve [--config FILE] [--demo]"],
    text: `Runs the mail servers, the relay, the fetching of mailboxes and the dashboard,
until SIGTERM or Ctrl-C; both let open sessions end first. SIGHUP reads the
settings anew without dropping a session.

${CONFIG_OPTION}
  --demo           with loopback upstreams and sample mail, to look around`,
  },
  check: {
    summary: "read the settings, print every error",
    usage: ["check [--config FILE] [--json]"],
    text: `Reads the settings, prints every error with its line, or what they come to.

${COMMON_OPTIONS}`,
  },
  status: {
    summary: "one screen: line, queue, mailboxes, disk",
    usage: ["status [--config FILE] [--json]"],
    text: `Shows how the upstreams answered last, what waits in the queue and why, when
each mailbox was fetched, and how much room there is. Works whether the server
runs or not.

${COMMON_OPTIONS}`,
  },
  queue: {
    summary: "list, show, retry, hold, reroute or remove waiting mail",
    usage: [
      "queue list [FILTER] [--limit N] [--json] [--config FILE]",
      "queue show ID [--json] [--config FILE]",
      "queue retry|hold|release|remove|bounce ID... | --all | FILTER",
      "queue send-by --by UPSTREAM ID... | --all | FILTER",
      "queue readdress --from ADDRESS --to ADDRESS ID... | FILTER",
      "queue download ID FILE",
    ],
    text: `list      messages that wait or are held, the soonest due first
show      one message, its recipients and every attempt
retry     try at once, without waiting for the next attempt
hold      keep, but do not try until it is released
release   let held messages go on
remove    drop for good; nobody is told
bounce    drop for good, and tell the sender
send-by   send by another upstream, where that allows the sender's address
readdress change a recipient, and try at once
download  write the message into a file

Through the running server, or on the database when none runs.

  --limit N        list so many at most; 50
  --all            every message that the action is for
FILTER, one or more of:
  --sender PATTERN, --recipient PATTERN
                   an address, in which * may stand for anything
  --upstream NAME  that was tried last by it
  --state STATE    waiting or held
  --older-than AGE such as 4h or 2d
${COMMON_OPTIONS}`,
  },
  fetch: {
    summary: "poll mailboxes now",
    usage: ["fetch [LOGIN] [--resume | --message ID | --dry-run] [--json]"],
    text: `Polls the sources of one account, or all, and says what each brought. Through
the running server, or by itself when none runs. Exits 1 when a poll failed.

  --resume         let a source go on that was paused because its list of
                   messages had changed beyond belief; look at it first
  --message ID     fetch the message that was left on its server for its size:
                   ID is that of the notice that stands for it
  --dry-run        ask the servers what the next poll would fetch and delete
                   there; nothing is fetched, stored or deleted
${COMMON_OPTIONS}`,
  },
  mailbox: {
    summary: "list, import, export mailboxes, restore deleted mail",
    usage: [
      "mailbox list [--json] [--config FILE]",
      "mailbox import LOGIN[+SOURCE] PATH [--quoting mboxrd|mboxo]",
      "mailbox export LOGIN[+SOURCE] PATH [--format mbox|maildir|eml]",
      "mailbox deleted LOGIN[+SOURCE] [--limit N] [--json]",
      "mailbox restore LOGIN[+SOURCE] ID... | --all",
      "mailbox removed [LOGIN[+SOURCE]] [--json]",
      "mailbox save ID FILE",
      "mailbox resend ID...",
    ],
    text: `import    mail into an account's mailbox: PATH is an mbox, a Maildir, an .eml
          file or a folder of them. Without +SOURCE it goes into a mailbox of
          its own, "imported". What is there already, octet for octet, is left
          out: repeat an import that was broken off
export    mail of all sources of an account, or of one. An mbox must not be
          there yet; in a Maildir or a folder what is there is left out
deleted   what clients deleted and can be restored
restore   serve it again
removed   what was deleted on its server at our word, in delete mode for
          instance, and is kept here, whatever clients do (keep_removed)
save      a message as a file, octet for octet
resend    send messages to their account once more: clients get them as new

All work beside a running server, and without one.

  --format FORMAT  what to write: mbox (usual, as mboxrd), maildir, eml
  --line-ends ENDS lf (usual for mbox and maildir) or crlf (usual for eml): with
                   crlf every message is kept octet for octet
  --quoting NAME   how the mbox keeps apart lines that begin with "From ":
                   mboxrd (usual) or mboxo; they differ in ">>From " alone
  --limit N        list so many at most; 50
${COMMON_OPTIONS}`,
  },
  trace: {
    summary: "where a message has been, hop by hop",
    usage: ["trace MESSAGE-ID|ID [--json] [--config FILE]"],
    text: `Follows one message: the session that brought it, the queue, every attempt;
and for fetched mail the session that fetched it, what became of it on its
server, and who read it. MESSAGE-ID is that of the message's header, with or
without its angle brackets; ID is Waypost's own.

${COMMON_OPTIONS}`,
  },
  account: {
    summary: "add, list or remove accounts, set their passwords",
    usage: [
      "account list [--json] [--config FILE]",
      "account add LOGIN [OPTIONS]",
      "account password LOGIN [--source NAME]",
      "account remove LOGIN",
    ],
    text: `Accounts that are made here live in the database; those of the settings file
can be changed there alone. Passwords are asked for, or read from standard input
with --password-stdin, one a line: first the account's own, then the source's.

  --address PATTERN        a sender address that it may use; several times.
                           Without: the login, if that is an address
  --upstream NAME          the upstream that its mail goes by
  --password-stdin         read the passwords from standard input
  --source HOST            fetch the mail of a POP3 mailbox for it:
  --source-username USER     the login there
  --source-tls MODE          implicit (usual), starttls, off
  --source-port N            995 or 110, by the TLS mode
  --source-mode MODE         keep (usual) or delete what was fetched
  --source-set KEY=VALUE     any other key of [account.source]; several times

With "password", --source NAME means the password for that source's server.

${COMMON_OPTIONS}`,
  },
  upstream: {
    summary: "add, list, test or remove upstreams",
    usage: [
      "upstream list [--json] [--config FILE]",
      "upstream add NAME --host HOST|--provider PROVIDER [OPTIONS]",
      "upstream test NAME [--json] [--config FILE]",
      "upstream password NAME",
      "upstream remove NAME",
    ],
    text: `test opens a session with the upstream, up to the login, prints what was said
(without passwords) and what it means. Nothing is sent.

  --provider PROVIDER      gmail, microsoft365, outlook.com, yahoo, icloud,
                           fastmail, gmx, zoho, amazon-ses, mailgun, sendgrid,
                           brevo: fills in host, port, TLS and limits
  --host HOST              the server's name
  --tls MODE               starttls (usual), implicit, off
  --port N                 587, 465 or 25, by the TLS mode
  --username USER          the login there; its password is asked for
  --password-stdin         read the password from standard input
  --set KEY=VALUE          any other key of [[upstream]]; several times
${COMMON_OPTIONS}`,
  },
  device: {
    summary: "list, allow or remove devices that cannot log in",
    usage: [
      "device list [--json] [--config FILE]",
      "device allow NAME NETWORK... [OPTIONS]",
      "device remove NAME",
    ],
    text: `A device is known by its network address alone: whoever has such an address may
send. NETWORK is an address, or a network such as 192.168.1.0/28. The list shows
as well who was refused since it did not log in: allow it to make it a device.

  --address PATTERN        a sender address that it may use; several times.
                           Without: any
  --from ADDRESS           its mail goes out with this address; the From field
                           that it wrote becomes Reply-To
  --upstream NAME          the upstream that its mail goes by
  --owner ADDRESS          who is told of mail that could not be delivered
  --messages-per-minute N  further messages have to wait
  --messages-per-hour N    the same
  --max-message-size SIZE  largest message, such as 10MB
  --min-tls VERSION        oldest TLS: 1.0, 1.1, 1.2, 1.3, or off: in the clear
  --bare-lf                it ends lines with LF alone: they are mended
${COMMON_OPTIONS}`,
  },
  ...accessPages,
  doctor: {
    summary: "test everything, say what to do",
    usage: ["doctor [--offline] [--json] [--config FILE]"],
    text: `Tests the data folder, the disk, the database, the keys, the clock, the ports,
the certificates, and for every upstream and source its name, connection, TLS
and login. Each line is ok, a warning or a problem; the latter two say what to
do. Exits 1 when there is a problem.

  --offline        leave out what needs the network
${COMMON_OPTIONS}`,
  },
  backup: {
    summary: "copy everything into one file",
    usage: ["backup FILE [--json] [--config FILE]"],
    text: `Writes a tar file with a consistent copy of the database, the key that opens its
passwords (secret.key) and the certificates (tls/). The server may run. The file
holds mail and passwords: keep it where only you can read it. The settings file
is not in it.

${COMMON_OPTIONS}`,
  },
  restore: {
    summary: "put a backup in place",
    usage: ["restore FILE [--hold] [--json] [--config FILE]"],
    text: `Puts a backup in place of what is there; what was there is kept beside, with
".replaced-" and the time in its name. Refuses while a server runs.

Mail that was sent after the backup was made waits in it still, and would be
sent again: --hold keeps it back, to be looked at with "waypost queue list".

  --hold           hold every waiting message
${COMMON_OPTIONS}`,
  },
  docs: {
    summary: "write the generated documentation",
    usage: ["docs [--check]"],
    text: `Writes docs/settings.md from the table of settings and docs/providers.md from
the profiles of providers; for developers.

  --check          only say whether it differs`,
  },
} as const satisfies Readonly<Record<string, HelpPage>>;

/** The name of a command. */
export type HelpName = keyof typeof helpPages;

/** Whether there is such a command. */
export function isCommandName(name: string): name is HelpName {
  return Object.hasOwn(helpPages, name);
}

/** How a command is called, for errors. */
export function usageOf(name: HelpName): string {
  return helpPages[name].usage.map((line, index) => `${index === 0 ? "usage:" : "      "} waypost ${line}\n`).join("");
}

/** A command's whole page. */
export function helpOf(name: HelpName): string {
  const { summary, text } = helpPages[name];
  return `waypost ${name}: ${summary}\n\n${usageOf(name)}\n${text}\n`;
}

/** The list of all commands. */
export function helpOfAll(): string {
  const rows = Object.entries(helpPages).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}\n`);
  return `usage: waypost COMMAND [OPTIONS]

${rows.join("")}
"waypost COMMAND --help" tells more; "waypost --version" tells the version.
Exit codes: 0 done, 1 the request failed, 2 the command line is wrong.
`;
}
