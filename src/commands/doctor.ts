import process from "node:process";
import { findServer, type RunningServer, ServerError } from "../control/control.ts";
import type { Settings } from "../settings.ts";
import { asCommand, type CommandIo, printJson, readCommandLine, settingsOf } from "./command.ts";
import { examineCertificates } from "./doctor/certificates.ts";
import { examineDatabase } from "./doctor/database.ts";
import { type Finding, problem } from "./doctor/finding.ts";
import { examineFolder } from "./doctor/folder.ts";
import { examinePorts } from "./doctor/ports.ts";
import { examineServers } from "./doctor/servers.ts";
import { showCount } from "./output/figures.ts";
import { oneLine, WIDTH, wrap } from "./output/table.ts";
import { readDirectory } from "./stores.ts";

/** `waypost doctor`: tests everything. @returns 0 no problem, 1 there is one, 2 the command line is wrong */
export const run = asCommand("doctor", async (args, io) => {
  const { values } = readCommandLine(args, { offline: { type: "boolean" } });
  const settings = settingsOf(values.config, io);
  const findings = await examine(settings, values.offline ?? false, io);
  if (values.json) printJson(io, { ok: findings.every(({ level }) => level !== "problem"), findings });
  else io.stdout(describeFindings(findings));
  return findings.some(({ level }) => level === "problem") ? 1 : 0;
});

async function examine(settings: Settings, offline: boolean, io: CommandIo): Promise<Finding[]> {
  const now = Date.now();
  const findings = await examineFolder(settings);
  let server: RunningServer | null = null;
  try {
    server = await findServer(settings.dataDir);
    findings.push(...await examinePorts(settings, server));
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    findings.push(problem("server", error.message, "ask again; if that stays so, restart it, then read its log"));
  }
  findings.push(...await examineDatabase(settings, now), ...await examineCertificates(settings, now));
  if (offline || findings.some(({ level, about }) => level === "problem" && about === "entries")) return findings;
  if (findings.some(({ level, about }) => level === "problem" && about === "database")) return findings;
  return [...findings, ...await examineServers(await readDirectory(settings, io), settings)];
}

const SHOWN: Readonly<Record<Finding["level"], string>> = { ok: "ok", warning: "warning", problem: "PROBLEM" };
const LEFT = 9;

/** The lines of `waypost doctor`, what is wrong with what to do. Pure. */
export function describeFindings(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, about, text, advice }) => [
    ...wrap(`${about}: ${oneLine(text)}`, WIDTH - LEFT).map((line, index) =>
      `${(index === 0 ? SHOWN[level] : "").padEnd(LEFT)}${line}\n`
    ),
    ...(advice === null
      ? []
      : wrap(`-> ${advice}`, WIDTH - LEFT).map((line, index) =>
        `${" ".repeat(LEFT)}${index === 0 ? "" : "   "}${line}\n`
      )),
  ]);
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  const sum = `${showCount(count("problem"), "problem")}, ${showCount(count("warning"), "warning")}`;
  return `${lines.join("")}\n${sum}. (${runtime()})\n`;
}

function runtime(): string {
  return process.versions["deno"] === undefined ? `Node ${process.versions.node}` : `Deno ${process.versions["deno"]}`;
}
