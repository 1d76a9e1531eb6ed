import { request } from "node:https";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { relaySettings } from "../support/relay-settings.ts";
import { createScene } from "../support/scene.ts";
import { commandsIn } from "../commands/support.ts";

const scene = createScene();

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

function ask(port: number, ca: string, path: string, form?: Record<string, string>): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString();
  const headers = body === undefined
    ? {}
    : { "content-type": "application/x-www-form-urlencoded", origin: `https://127.0.0.1:${port}` };
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request({ host: "127.0.0.1", port, path, method, headers, ca, agent: false }, (answer) => {
      answer.resume().on("end", () => resolve({ status: answer.statusCode, headers: answer.headers }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

test("the dashboard speaks TLS with the certificate of the mail servers, and commands find their way in", async () => {
  const folder = scene.folder();
  const settings = relaySettings({}).replace("[dashboard]", '[dashboard]\ntls = "implicit"');
  const waypost = await scene.waypost(folder, settings);
  const { ca } = waypost;
  const { port } = waypost.dashboard[0]!;
  const { run, json } = commandsIn(folder);
  expect(await run(["queue", "list"])).toMatchObject({ code: 0 });
  const { code } = await json<{ code: string }>(["user", "add", "anna", "--role", "owner"]);
  const welcomed = await ask(port, ca, "/welcome", {
    ...{ name: "anna", code, password: "battery staple", again: "battery staple" },
  });
  expect(welcomed.status).toBe(303);
  expect(String(welcomed.headers["set-cookie"])).toMatch(/^__Host-waypost=.*; Secure/);
  expect(welcomed.headers["strict-transport-security"]).toBe("max-age=31536000");
});

test("a dashboard that speaks TLS says nothing in the clear", async () => {
  const settings = relaySettings({}).replace("[dashboard]", '[dashboard]\ntls = "implicit"');
  const waypost = await scene.waypost(scene.folder(), settings);
  const { port } = waypost.dashboard[0]!;
  const said = await new Promise<string>((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.end("GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    socket.on("data", (octets) => text += octets.toString("latin1"));
    socket.on("error", () => resolve(text));
    socket.on("close", () => resolve(text));
  });
  expect(said).not.toContain("200");
  expect(said).not.toContain("Sign in");
});
