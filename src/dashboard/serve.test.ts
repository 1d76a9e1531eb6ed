import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { setTimeout } from "node:timers/promises";
import { configure, reset } from "@logtape/logtape";
import { expect, test } from "vitest";
import { openTestDashboard } from "../../tests/browser/dashboard.ts";
import { SessionLog } from "../dialogue/session.ts";
import { serveDashboard } from "./serve.ts";

test("live events stream over HTTP, and closing cuts them", async () => {
  const desk = await openTestDashboard();
  const served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
  const cookie = await desk.signIn();
  const { port } = served.endpoint;
  const request = http.get({ host: "127.0.0.1", port, path: "/api/v1/events", headers: { cookie } });
  const [response] = await once(request, "response") as [http.IncomingMessage];
  expect(response.headers["content-type"]).toBe("text/event-stream");
  let text = "";
  response.setEncoding("utf8");
  response.on("data", (piece: string) => text += piece);
  await once(response, "data");
  const peer = { address: "127.0.0.1", port: 1 };
  new SessionLog({ id: 7, hop: "pop3-server", peer, localPort: 110 }, desk.recorder, desk.clock).end("completed");
  while (!text.includes("event: pulse")) await once(response, "data");
  response.on("error", () => undefined);
  const cut = new Promise((resolve) => response.once("close", resolve));
  await served.close();
  await cut;
  await desk.close();
});

test("a port that is taken is an error", async () => {
  const app = { fetch: () => new Response("ok") };
  const first = await serveDashboard(app, { address: "127.0.0.1", port: 0 });
  await expect(serveDashboard(app, first.endpoint)).rejects.toMatchObject({ code: "EADDRINUSE" });
  await first.close();
});

test("one address that opens connections without end gets so many, and all of them back when it lets go", async () => {
  const served = await serveDashboard({ fetch: () => new Response("ok") }, { address: "127.0.0.1", port: 0 });
  const { port } = served.endpoint;
  const silent = Array.from({ length: 96 }, () => net.connect(port, "127.0.0.1"));
  await Promise.all(silent.map((socket) => once(socket, "connect")));
  const ask = async () => {
    try {
      return (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).status;
    } catch (error) {
      if (error instanceof TypeError) return "closed";
      throw error;
    }
  };
  expect(await ask()).toBe("closed");
  for (const socket of silent) socket.destroy();
  while (await ask() === "closed") await setTimeout(10);
  expect(await ask()).toBe(200);
  await served.close();
});

test("a client that goes before its request is whole is no error of ours", async () => {
  const logged: string[] = [];
  await configure({
    sinks: { kept: (record) => void logged.push(record.message.join("")) },
    loggers: [{ category: ["waypost"], sinks: ["kept"] }, { category: ["logtape"], sinks: [] }],
  });
  const desk = await openTestDashboard();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<number>();
  const fetch = async (...request: Parameters<typeof desk.app.fetch>) => {
    asked.resolve();
    const response = await desk.app.fetch(...request);
    answered.resolve(response.status);
    return response;
  };
  const served = await serveDashboard({ fetch }, { address: "127.0.0.1", port: 0 });
  const socket = net.connect(served.endpoint.port, "127.0.0.1");
  const fields = ["Host: 127.0.0.1", "Origin: http://127.0.0.1", "Content-Type: application/x-www-form-urlencoded"];
  socket.write(`POST /sign-in HTTP/1.1\r\n${fields.join("\r\n")}\r\nContent-Length: 100\r\n\r\nname=a`);
  await asked.promise;
  socket.destroy();
  expect(await answered.promise).toBe(400);
  expect(logged).toEqual([]);
  await served.close();
  await desk.close();
  await reset();
});
