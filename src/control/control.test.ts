import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CONTROL_FILE, createControl, findServer, ServerError } from "./control.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "waypost-control-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An API of a few lines that lets in whom `isToken` knows. */
async function api(isToken: (token: string) => boolean): Promise<number> {
  const server = createServer((request, response) => {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    response.setHeader("content-type", "application/json");
    if (!isToken(token)) return void response.writeHead(401).end('{"error":{"code":"SIGN_IN_FIRST","message":"no"}}');
    if (request.url === "/refused") return void response.writeHead(400).end('{"error":{"message":"not like this"}}');
    response.end(JSON.stringify({ url: request.url, method: request.method }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const random = (length: number) => new Uint8Array(length).fill(7);
const server = (port: number) => ({ address: "127.0.0.1", port, pid: 1, startedAt: 2, endpoints: [] });

test("commands find a server that runs, and are let in", async () => {
  const dataDir = folder();
  const control = createControl(dataDir, random);
  await control.publish(server(await api(control.isToken)));
  expect(statSync(join(dataDir, CONTROL_FILE)).mode & 0o777).toBe(0o600);
  const found = await findServer(dataDir);
  expect(await found!.ask({ method: "POST", path: "/api/v1/fetch", body: {} })).toEqual({
    url: "/api/v1/fetch",
    method: "POST",
  });
  await expect(found!.ask({ method: "GET", path: "/refused" })).rejects.toThrow(new ServerError(400, "not like this"));
  await control.withdraw();
  expect(existsSync(join(dataDir, CONTROL_FILE))).toBe(false);
  expect(await findServer(dataDir)).toBeNull();
});

test("what a killed server has left is no server: nothing listens there, or somebody else", async () => {
  const dataDir = folder();
  const control = createControl(dataDir, random);
  await control.publish(server(1));
  expect(await findServer(dataDir)).toBeNull();
  await control.publish(server(await api(() => false)));
  expect(await findServer(dataDir)).toBeNull();
});

test("a server does not take back what another has written since", async () => {
  const dataDir = folder();
  const first = createControl(dataDir, random);
  await first.publish(server(1));
  await createControl(dataDir, (length) => new Uint8Array(length).fill(8)).publish(server(2));
  await first.withdraw();
  expect(existsSync(join(dataDir, CONTROL_FILE))).toBe(true);
});
