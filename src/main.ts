import { readFileSync } from "node:fs";
import process from "node:process";
import type { CommandIo } from "./commands/check.ts";
import { type HelpName, helpOf, helpOfAll, isCommandName } from "./commands/help.ts";

/** A command's module: loaded when it is called, so that no command pays for the others. */
interface Command {
  /** @returns the exit code: 0 done, 1 the request failed, 2 the command line is wrong */
  readonly run: (args: string[], io: CommandIo) => Promise<number>;
}

const commands: Readonly<Record<HelpName, () => Promise<Command>>> = {
  serve: () => import("./commands/serve.ts"),
  check: () => import("./commands/check.ts"),
  status: () => import("./commands/status.ts"),
  queue: () => import("./commands/queue.ts"),
  fetch: () => import("./commands/fetch.ts"),
  mailbox: () => import("./commands/mailbox.ts"),
  trace: () => import("./commands/trace.ts"),
  account: () => import("./commands/account.ts"),
  upstream: () => import("./commands/upstream.ts"),
  device: () => import("./commands/device.ts"),
  user: () => import("./commands/user.ts"),
  token: () => import("./commands/token.ts"),
  doctor: () => import("./commands/doctor.ts"),
  backup: () => import("./commands/backup.ts"),
  restore: () => import("./commands/restore.ts"),
  docs: () => import("./commands/docs.ts"),
};

const io: CommandIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
};

async function main([name, ...args]: string[]): Promise<number> {
  if (name === "--version") {
    io.stdout(`waypost ${version()}\n`);
    return 0;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return help(name, args);
  if (!isCommandName(name)) {
    io.stderr(`waypost: there is no command ${JSON.stringify(name)}\n\n${helpOfAll()}`);
    return 2;
  }
  if (asksForHelp(args)) return help("help", [name]);
  return await (await commands[name]()).run(args, io);
}

/** Without a command the usage goes to stderr: it is an answer to a wrong command line. */
function help(asked: string | undefined, [about]: string[]): number {
  if (asked === undefined) io.stderr(helpOfAll());
  else io.stdout(about !== undefined && isCommandName(about) ? helpOf(about) : helpOfAll());
  return asked === undefined ? 2 : 0;
}

/** Whether help is asked for anywhere before "--", which ends the options. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String((manifest as { version: unknown }).version);
}

/** Waits until what was printed has left: a pipe takes it slower than we write. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => void stream.write("", () => resolve()));
}

// "waypost queue list | head" closes the pipe: nobody wants the rest.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const code = await main(process.argv.slice(2));
await flushed(process.stdout);
process.exit(code);
