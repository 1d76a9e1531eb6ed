import process from "node:process";
import { parseArgs } from "node:util";
import { configure, getConsoleSink } from "@logtape/logtape";
import { type App, startApp } from "../app.ts";
import type { Demo } from "../demo/demo.ts";
import { DEMO_ACCOUNTS } from "../demo/settings.ts";
import type { Endpoint } from "../net/connection.ts";
import { describeError } from "../net/errors.ts";
import { reclaimAll } from "../net/reclaim.ts";
import { formatSettingError, loadSettings, parseEndpoint } from "../settings.ts";
import type { CommandIo } from "./check.ts";

const USAGE = "usage: waypost serve [--config FILE] [--demo]\n";

/** `waypost serve`: runs until it is told to stop. @returns 0 stopped, 1 could not start, 2 the command line is wrong */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    io.stderr(`${options}\n${USAGE}`);
    return 2;
  }
  await startLogging();
  try {
    const demo = options.demo ? await (await import("../demo/demo.ts")).startDemo(process.cwd()) : null;
    const code = await serve(demo?.settingsFile ?? options.config, demo, io);
    demo?.stop();
    return code;
  } catch (error) {
    io.stderr(`waypost: ${describeError(error)}\n`);
    return 1;
  }
}

async function serve(config: string | undefined, demo: Demo | null, io: CommandIo): Promise<number> {
  const loaded = loadSettings(config, io.env);
  if ("errors" in loaded) {
    io.stderr(loaded.errors.map((error) => `${formatSettingError(error)}\n`).join(""));
    return 1;
  }
  const app = await startApp(loaded.settings, { loaded, load: () => loadSettings(config, io.env) });
  reclaimAll();
  // Before anybody can read that it runs, and send a signal.
  const stopped = untilStopped(app, io);
  io.stdout(describe(app));
  if (demo) {
    demo.begin({ smtp: endpointOf(app, "smtp"), pop3: endpointOf(app, "pop3") });
    io.stdout(describeDemo(demo));
  }
  await stopped;
  return 0;
}

function endpointOf({ endpoints }: App, service: "smtp" | "pop3"): Endpoint {
  return parseEndpoint(endpoints.find((endpoint) => endpoint.service === service)!.address)!;
}

function describeDemo({ settingsFile, password }: Demo): string {
  const [alice, bob] = DEMO_ACCOUNTS;
  return `
This is the demo: a few clients send and read mail, an upstream takes it, a source brings some.
Mail programs can log in as ${alice} or ${bob} with the password ${password}
Commands find it by its settings: npm run -s waypost -- status --config ${settingsFile}
`;
}

interface Options {
  readonly config: string | undefined;
  readonly demo: boolean;
}

function readOptions(args: string[]): Options | string {
  try {
    const { values } = parseArgs({ args, options: { config: { type: "string" }, demo: { type: "boolean" } } });
    if (values.demo && values.config !== undefined) return "--demo brings its own settings: leave --config out";
    return { config: values.config, demo: values.demo ?? false };
  } catch (error) {
    return describeError(error);
  }
}

/** Warnings and what is rare go to the console; sessions go to the store, where the dashboard shows them. */
async function startLogging(): Promise<void> {
  await configure({
    sinks: { console: getConsoleSink() },
    loggers: [
      { category: "waypost", sinks: ["console"], lowestLevel: "info" },
      { category: ["logtape", "meta"], sinks: ["console"], lowestLevel: "warning" },
    ],
  });
}

function describe({ endpoints, caPath, setupCode }: App): string {
  const lines = endpoints.map(({ service, address, tls }) =>
    service === "dashboard"
      ? `  dashboard  ${tls === "off" ? "http" : "https"}://${address}/`
      : `  ${service.padEnd(9)}  ${address}  (TLS: ${tls})`
  );
  const code = setupCode === null ? [] : [
    "",
    `Nobody has signed in to the dashboard yet. Open it and enter this one-time code: ${setupCode}`,
  ];
  const ca = caPath === null ? [] : ["", `Clients that check certificates have to trust ${caPath}`];
  return `${["Waypost listens on", ...lines, ...ca, ...code].join("\n")}\n`;
}

/** Ends with SIGTERM or SIGINT once all is drained, at once with a second one; reads the settings anew with SIGHUP. */
function untilStopped(app: App, io: CommandIo): Promise<void> {
  const reload = () => {
    app.reloadFile("signal").then(
      (errors) => {
        if (errors.length === 0) return io.stdout("The settings were read anew.\n");
        io.stderr("the settings are not right, the old ones stay in force:\n");
        io.stderr(errors.map((error) => `${formatSettingError(error)}\n`).join(""));
      },
      (error) => io.stderr(`the settings could not be used: ${describeError(error)}\n`),
    );
  };
  process.on("SIGHUP", reload);
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = () => {
      if (stopping) process.exit(1);
      stopping = true;
      app.stop().then(resolve, reject);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}
