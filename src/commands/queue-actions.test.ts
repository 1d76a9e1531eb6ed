import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, onTestFinished, test } from "vitest";
import { createControl } from "../control/control.ts";
import { formatId } from "../store/ids.ts";
import { act } from "./queue-actions.ts";

/** A server that finds as many messages as are said, and remembers what it was told to do. */
async function server(messages: number) {
  const folder = mkdtempSync(join(tmpdir(), "waypost-actions-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const told: unknown[] = [];
  const results = Array.from({ length: messages }, (_, index) => ({ id: formatId(index + 1), changed: 1 }));
  const api = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request.setEncoding("utf8")) body += String(piece);
    if (request.method === "POST") told.push(JSON.parse(body));
    response.setHeader("content-type", "application/json").end(JSON.stringify({ results }));
  });
  await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void api.close());
  const { port } = api.address() as AddressInfo;
  const record = { address: "127.0.0.1", port, pid: process.pid, startedAt: 1, endpoints: [] };
  await createControl(folder, (length) => new Uint8Array(length)).publish(record);
  const config = join(folder, "waypost.toml");
  writeFileSync(config, `data_dir = ${JSON.stringify(folder)}\n`);
  let out = "";
  const io = { stdout: (text: string) => void (out += text), stderr: () => undefined, env: {} };
  return { told, out: () => out, hold: (...args: string[]) => act("hold", [...args, "--config", config], io) };
}

test("what is done to all messages, or to all that match, is one request however many they are", async () => {
  const { told, out, hold } = await server(1_200);
  expect(await hold("--all")).toBe(0);
  expect(out()).toBe("hold: 1200 messages, 1200 recipients\n");
  await hold("--sender", "*@example.net", "--older-than", "4h");
  expect(told).toEqual([
    { action: "hold", all: true },
    { action: "hold", match: { sender: "*@example.net", age: "4h" } },
  ]);
});
