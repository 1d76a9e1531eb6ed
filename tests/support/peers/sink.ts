import fs from "node:fs";
import path from "node:path";
import { freePort, portAnswers } from "../free-port.ts";
import { startChild } from "../process.ts";
import { waitFor } from "../wait.ts";

/** Postfix's smtp-sink: a server that does wrong what it is told to do wrong. */
export interface Sink {
  readonly port: number;
  /** The Message-IDs of the messages that came whole, in any order. */
  taken(): string[];
  stop(): Promise<void>;
}

/** Starts smtp-sink on 127.0.0.1; its messages go into `folder`. `faults`: its options, `-f mail`. Needs root. */
export async function startSink(folder: string, faults: readonly string[], port?: number): Promise<Sink> {
  const chosen = port ?? await freePort();
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(path.dirname(folder), 0o755);
  fs.chmodSync(folder, 0o777);
  const args = ["-u", "nobody", "-4", ...faults, "-d", path.join(folder, "message."), `127.0.0.1:${chosen}`, "100"];
  const child = startChild("/usr/sbin/smtp-sink", args, { cwd: "/" });
  await waitFor(
    () => `smtp-sink to answer\n${child.output()}`,
    () => child.isRunning() ? portAnswers(chosen) : Promise.reject(new Error(child.output())),
  );
  return {
    port: chosen,
    taken: () => fs.readdirSync(folder).flatMap((name) => messageIdOf(path.join(folder, name))),
    async stop() {
      child.signal("SIGTERM");
      await child.exited;
    },
  };
}

function messageIdOf(file: string): string[] {
  const header = fs.readFileSync(file, "latin1").split(/\r?\n\r?\n/, 1)[0] ?? "";
  const found = /^Message-ID: <(.*)>/im.exec(header)?.[1];
  return found === undefined ? [] : [found];
}
