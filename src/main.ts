import process from "node:process";
import type { CommandIo } from "./commands/check.ts";

/** A command's module: loaded when it is called, so that no command pays for the others. */
interface Command {
  readonly run: (args: string[], io: CommandIo) => Promise<number>;
}

/** The commands, in the order in which help lists them. */
const commands: Readonly<Record<string, { readonly help: string; readonly load: () => Promise<Command> }>> = {
  serve: { help: "run", load: () => import("./commands/serve.ts") },
  check: { help: "read the settings, print every error", load: () => import("./commands/check.ts") },
  docs: { help: "write the generated documentation", load: () => import("./commands/docs.ts") },
};

const io: CommandIo = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
};

async function main([name, ...args]: string[]): Promise<number> {
  if (name === undefined || name === "help" || name === "--help") {
    io.stdout(usage());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    io.stderr(`waypost: there is no command ${JSON.stringify(name)}\n${usage()}`);
    return 2;
  }
  return await (await command.load()).run(args, io);
}

function usage(): string {
  const rows = Object.entries(commands).map(([name, { help }]) => `  ${name.padEnd(10)}${help}\n`);
  return `usage: waypost COMMAND [OPTIONS]\n\n${rows.join("")}`;
}

process.exit(await main(process.argv.slice(2)));
