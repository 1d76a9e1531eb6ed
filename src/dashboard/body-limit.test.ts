import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_TOKEN, openTestDashboard, type TestDashboard } from "../../tests/browser/dashboard.ts";
import { formatId } from "../store/ids.ts";
import { serveDashboard, type ServedDashboard } from "./serve.ts";

let desk: TestDashboard;
let served: ServedDashboard;

beforeAll(async () => {
  desk = await openTestDashboard();
  served = await serveDashboard(desk.app, { address: "127.0.0.1", port: 0 });
});

afterAll(async () => {
  await served.close();
  await desk.close();
});

/** Posts without a word about a body, as curl does when it is given none; gives the status line. */
async function postNothing(path: string): Promise<string> {
  const { port } = served.endpoint;
  const socket = net.connect(port, "127.0.0.1");
  const host = `127.0.0.1:${port}`;
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nAuthorization: Bearer ${LOCAL_TOKEN}\r\n` +
      "Connection: close\r\n\r\n",
  );
  return (await text(socket)).split("\r\n", 1)[0]!;
}

/** Posts a body in chunks, its length not said before; gives the status. */
async function postChunks(path: string, body: string): Promise<number> {
  const headers = { authorization: `Bearer ${LOCAL_TOKEN}`, "transfer-encoding": "chunked" };
  const request = http.request({ host: "127.0.0.1", port: served.endpoint.port, method: "POST", path, headers });
  request.end(body);
  const [response] = await once(request, "response") as [http.IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test("requests that change something work without a body", async () => {
  expect(await postNothing("/api/v1/reload")).toContain(" 200 ");
  expect(await postNothing("/api/v1/fetch")).toContain(" 200 ");
  expect(await postNothing(`/api/v1/queue/${formatId(desk.known.waiting)}/retry`)).toContain(" 200 ");
  expect(await postNothing("/sign-out")).toContain(" 303 ");
  expect(desk.asked.slice(-3)).toEqual(["reload", "fetch all", "retry"]);
});

test("a body in chunks is read like any other", async () => {
  expect(await postChunks("/api/v1/fetch", JSON.stringify({ account: "anna@example.net" }))).toBe(200);
  expect(desk.asked.at(-1)).toBe("fetch anna@example.net");
});

test("a body that is too long is refused, whether its length was said or not", async () => {
  expect(await postChunks("/api/v1/fetch", " ".repeat(17_000))).toBe(413);
  const said = await desk.ask("/api/v1/fetch", {
    method: "POST",
    headers: { authorization: `Bearer ${LOCAL_TOKEN}`, "content-length": "17000" },
    body: " ".repeat(17_000),
  });
  expect(said.status).toBe(413);
});
