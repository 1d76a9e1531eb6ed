import { Buffer } from "node:buffer";
import * as net from "node:net";

/** What passed in one phase of a connection. */
export interface PhaseCount {
  /** Whether it got as far as this phase. */
  passed: boolean;
  /** Octets that the client sent. */
  fromClient: number;
  /** Octets that the server sent. */
  fromServer: number;
}

/** Something between a client and a server that counts what passes, in the clear, and knows nothing of either. */
export interface CountingProxy {
  readonly port: number;
  /** Every connection so far, by phase, in the order of the protocol. */
  readonly connections: readonly (readonly PhaseCount[])[];
  /** Connections that are open now. */
  open(): number;
  stop(): Promise<void>;
}

/** How a proxy is set up. */
export interface ProxyChoice {
  /** Where it connects to. */
  readonly target: number;
  readonly protocol: "smtp" | "pop3";
  /** Cuts a connection (counted from 1) at a line of its client, which the server does not get. */
  readonly cutAt?: (connection: number, line: string) => boolean;
}

/** The commands with which the second and the third phase begin. */
const BEGINNINGS = {
  smtp: [/^MAIL FROM/i, /^QUIT$/i],
  pop3: [/^(STAT|LIST|UIDL|TOP|RETR|DELE|NOOP|RSET)\b/i, /^QUIT$/i],
} as const;

/** Starts a proxy on 127.0.0.1. Within messages no line may look like a command that begins a phase. */
export async function startCountingProxy({ target, protocol, cutAt }: ProxyChoice): Promise<CountingProxy> {
  const connections: PhaseCount[][] = [];
  const sockets = new Set<net.Socket>();
  let open = 0;
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const phases = [true, false, false].map((passed) => ({ passed, fromClient: 0, fromServer: 0 }));
    const number = connections.push(phases);
    open++;
    const far = net.connect({ host: "127.0.0.1", port: target, allowHalfOpen: true });
    let phase = 0;
    let line = "";
    /** Counts octets of the client; gives whether the connection is to be cut here. */
    const take = (piece: Buffer): boolean => {
      let isCut = false;
      for (const octet of piece) {
        line += String.fromCharCode(octet);
        if (octet !== 10) continue;
        const command = line.trimEnd();
        const next = BEGINNINGS[protocol].findLastIndex((pattern) => pattern.test(command)) + 1;
        if (next > phase) phases[phase = next]!.passed = true;
        phases[phase]!.fromClient += line.length;
        line = "";
        isCut ||= cutAt?.(number, command) ?? false;
      }
      return isCut;
    };
    const cut = () => {
      far.destroy();
      client.end();
    };
    client.on("data", (piece: Buffer) => {
      if (take(piece)) cut();
      else if (!far.destroyed) far.write(piece);
    });
    far.on("data", (piece: Buffer) => {
      phases[phase]!.fromServer += piece.length;
      if (!client.destroyed) client.write(piece);
    });
    client.on("end", () => {
      phases[phase]!.fromClient += line.length;
      line = "";
      far.end();
    });
    far.on("end", () => client.end());
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
    }
    far.on("close", () => sockets.delete(far));
    client.on("close", () => {
      sockets.delete(client);
      far.end();
      open--;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    connections,
    open: () => open,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
