import * as net from "node:net";
import type { RunningServer } from "../../control/control.ts";
import { describeError } from "../../net/errors.ts";
import { listen } from "../../net/listener.ts";
import { type Endpoint, formatEndpoint, parseEndpoint, type Settings } from "../../settings.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const CONNECT_MS = 3_000;
/** Below, only the system's own user may listen. */
const FIRST_FREE_PORT = 1024;

/** Tests the ports: while the server runs, whether it answers on them; otherwise, whether they are free. */
export async function examinePorts(settings: Settings, server: RunningServer | null): Promise<Finding[]> {
  if (server) return await examineListening(server);
  const stopped = warning("server", "does not run", 'start it: "npm start"');
  const wanted: [string, Endpoint][] = [
    ...settings.smtp.listeners.map(({ endpoint }) => ["smtp", endpoint] as [string, Endpoint]),
    ...settings.pop3.listeners.map(({ endpoint }) => ["pop3", endpoint] as [string, Endpoint]),
    ["dashboard", settings.dashboard.endpoint],
  ];
  const findings = await Promise.all(wanted.map(([service, endpoint]) => examineFree(service, endpoint)));
  return [stopped, ...findings];
}

async function examineListening({ record }: RunningServer): Promise<Finding[]> {
  const findings = await Promise.all(record.endpoints.map(async ({ service, address }) => {
    const endpoint = parseEndpoint(address);
    const about = `port ${service}`;
    if (!endpoint || await connects(endpoint)) return ok(about, `${address} answers`);
    return problem(
      about,
      `nothing answers on ${address}, although the server runs`,
      "restart the server, read its log",
    );
  }));
  return [ok("server", `runs as process ${record.pid}`), ...findings];
}

function connects({ address, port }: Endpoint): Promise<boolean> {
  const host = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), CONNECT_MS);
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}

async function examineFree(service: string, endpoint: Endpoint): Promise<Finding> {
  const about = `port ${service}`;
  const shown = formatEndpoint(endpoint);
  try {
    const listener = await listen(endpoint, (connection) => connection.destroy());
    await listener.close();
    return ok(about, `${shown} is free for the server`);
  } catch (error) {
    const text = describeError(error);
    if (/EADDRINUSE|in use/i.test(text)) {
      return problem(
        about,
        `${shown} is taken by another program`,
        "stop that one (ss -ltnp shows it), or set another port",
      );
    }
    if (/EACCES|permission/i.test(text) && endpoint.port < FIRST_FREE_PORT) {
      return problem(
        about,
        `${shown} is not allowed to this user`,
        "use a port from 1024 on, or give the right: sysctl net.ipv4.ip_unprivileged_port_start",
      );
    }
    if (/EADDRNOTAVAIL|not available|cannot assign/i.test(text)) {
      return problem(
        about,
        `this machine has no address ${endpoint.address}`,
        "set an address of this machine, or 0.0.0.0",
      );
    }
    return problem(about, text, "set another address or port");
  }
}
