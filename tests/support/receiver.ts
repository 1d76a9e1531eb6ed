import { Buffer } from "node:buffer";
import * as net from "node:net";

/** Where a receiver sees the end of the data: as the standard has it, or wherever some server has seen it. */
export const receivers = { strict: /(?:^|\r\n)\.\r\n/, lax: /(?:^|[\r\n])\.(?:\r\n|[\r\n])/ } as const;

/** A receiver of a few lines: what it takes for messages and for commands. */
export async function startReceiver(end: RegExp) {
  const messages: string[] = [];
  const commands: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    let input = "";
    let inData = false;
    socket.on("data", (piece: Buffer) => {
      input += piece.toString("latin1");
      for (;;) {
        const match = (inData ? end : /\r?\n/).exec(input);
        if (!match) return;
        const taken = input.slice(0, match.index);
        input = input.slice(match.index + match[0].length);
        if (inData) messages.push(taken);
        else commands.push(taken);
        const starts = !inData && /^DATA$/i.test(taken);
        socket.write(inData ? "250 taken\r\n" : replyTo(taken));
        inData = starts;
      }
    });
    socket.write("220 receiver.test\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    messages,
    commands,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function replyTo(command: string): string {
  if (/^EHLO/i.test(command)) return "250-receiver.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
  if (/^DATA/i.test(command)) return "354 go\r\n";
  return /^QUIT/i.test(command) ? "221 bye\r\n" : "250 fine\r\n";
}
