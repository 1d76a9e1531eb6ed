import * as net from "node:net";
import process from "node:process";

/**
 * Below the ports that the system gives away by itself: what is free here stays free, though tests of other files run at
 * the same time and let the system choose theirs. A test may stop a server and count on its port being refused.
 */
const FIRST = 10_000;
const PORTS_OF_A_WORKER = 1_000;
const WORKERS = 20;

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
let next = Math.floor(Math.random() * PORTS_OF_A_WORKER);

/** A port on 127.0.0.1 that nobody listens on, and that no other file's tests are given. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS_OF_A_WORKER; tries += 1) {
    next = (next + 1) % PORTS_OF_A_WORKER;
    const port = FIRST + worker * PORTS_OF_A_WORKER + next;
    if (await canListen(port)) return port;
  }
  throw new Error(`no port from ${FIRST + worker * PORTS_OF_A_WORKER} on is free`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Whether somebody listens there. */
export function portAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port });
    const end = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
  });
}
