import * as net from "node:net";

/** A port on 127.0.0.1 that nobody listens on, for programs that cannot choose one by themselves. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
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
