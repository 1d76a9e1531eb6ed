/**
 * Makes the pictures of docs/screens/ from the demo: every page of the dashboard.
 *
 *     node tests/browser/screens.mjs
 *
 * Needs Chromium (Debian: apt-get install chromium); CHROMIUM names another binary.
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { chromium } from "playwright-core";
import { root } from "../../scripts/modules.mjs";

/** How long the demo runs before the pictures are made: every hop has moved mail by then. */
const warmUpMs = 45_000;
/** How long a page may take to draw its charts. */
const settleMs = 700;

const looks = [
  { name: "wide-light", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  { name: "narrow-light", viewport: { width: 390, height: 844 }, colorScheme: "light" },
  { name: "narrow-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark" },
];

/** The first page is shown in every look, the others in these. */
const usual = ["wide-light", "narrow-dark"];

/** Starts the demo, on its usual ports, in a folder of its own; gives its address, its set-up code and the function that stops it. */
function startDemo(folder) {
  const args = [path.join(root, "src", "main.ts"), "serve", "--demo"];
  const demo = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  demo.stdout.setEncoding("utf8");
  let output = "";
  return new Promise((resolve, reject) => {
    // Listened to until the end: a program whose output nobody takes may die of it.
    demo.stdout.on("data", (piece) => {
      output += piece;
      const base = /dashboard\s+(http:\/\/[\d.:]+)/.exec(output)?.[1];
      const code = /code: (\S+)/.exec(output)?.[1];
      const pop3 = Number(/pop3\s+\S+:(\d+)/.exec(output)?.[1]);
      if (base && code) resolve({ base, code, pop3, stop: () => stop(demo) });
    });
    demo.once("exit", () => reject(new Error(`the demo ended before it was ready:\n${output}`)));
  });
}

function stop(demo) {
  return new Promise((resolve) => {
    if (demo.exitCode !== null || demo.signalCode !== null) return resolve();
    demo.once("exit", resolve);
    demo.kill("SIGTERM");
  });
}

/** Somebody who does not know a password tries, so often at once. */
async function guess(port, login, times) {
  await Promise.all(Array.from({ length: times }, () =>
    new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => socket.end(`USER ${login}\r\nPASS guess\r\nQUIT\r\n`));
      socket.on("error", resolve).on("close", resolve).resume();
    })));
}

/** Makes the first owner; gives what a browser keeps. */
async function setUp(browser, { base, code }, picture) {
  const context = await browser.newContext({ viewport: looks[0].viewport });
  const page = await context.newPage();
  await page.goto(`${base}/setup?code=${code}`);
  await picture(page, "set-up");
  for (const [name, value] of [["name", "alice"], ["password", "only a demo"], ["again", "only a demo"]]) {
    await page.fill(`[name=${name}]`, value);
  }
  await page.click("button");
  await page.waitForURL(`${base}/`);
  const state = await context.storageState();
  await context.close();
  return state;
}

/** The pages: those of one session and one message are chosen so that there is something to see. */
async function pagesOf(base, context) {
  const ask = async (query) => await (await context.request.get(`${base}/api/v1${query}`)).json();
  const { sessions } = await ask("/sessions?limit=500");
  const rich = sessions.filter((session) => session.hop === "smtp-client" && session.messages > 1).at(0) ??
    sessions.at(-1);
  const { mailboxes } = await ask("/mailboxes");
  const { messages } = await ask("/queue");
  const message = messages.at(0) ?? (await ask(`/sessions/${rich.id}`)).led.at(0);
  return {
    "overview": "/",
    "traffic": "/traffic?hop=smtp-client",
    "sessions": "/sessions",
    "session": `/sessions/${rich.id}`,
    "queue": "/queue",
    ...(message ? { "message": `/messages/${message.id}` } : {}),
    "mailboxes": "/mailboxes",
    "mailbox": `/mailboxes/${mailboxes[0].id}`,
    "logins": "/logins",
    "messages": "/messages",
    "search": "/messages?q=demo.example",
    "settings": "/settings",
    "accounts": "/accounts",
    "account": "/accounts/alice@demo.example",
    "account-new": "/accounts/-/add",
    "source-new": "/accounts/alice@demo.example/sources/new",
    "devices": "/devices",
    "device-new": "/devices/-/add",
    "upstreams": "/upstreams",
    "upstream-new": "/upstreams/new",
    "upstream-new-filled": "/upstreams/new?provider=gmail",
    "routes": "/routes?sender=alice@demo.example&recipient=bob@example.org&account=alice@demo.example",
    "access": "/access",
    "profile": "/profile",
    "changes": "/changes",
  };
}

async function run() {
  const target = path.join(root, "docs", "screens");
  const pictures = `${target}.new`;
  const folder = await mkdtemp(path.join(os.tmpdir(), "waypost-screens-"));
  const demo = await startDemo(folder);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
  const picture = async (page, name) => await page.screenshot({ path: path.join(pictures, `${name}.png`) });
  try {
    await rm(pictures, { recursive: true, force: true });
    await mkdir(pictures, { recursive: true });
    const storageState = await setUp(browser, demo, picture);
    await new Promise((resolve) => setTimeout(resolve, warmUpMs));
    await guess(demo.pop3, "scanner@demo.example", 12);
    await guess(demo.pop3, "old-phone@demo.example", 2);
    for (const { name: look, ...options } of looks) {
      const context = await browser.newContext({ ...options, storageState });
      const page = await context.newPage();
      for (const [name, address] of Object.entries(await pagesOf(demo.base, context))) {
        if (name !== "overview" && !usual.includes(look)) continue;
        await page.goto(demo.base + address);
        await page.waitForTimeout(settleMs);
        await picture(page, `${name}-${look}`);
      }
      await context.close();
    }
    // The old ones stay until all new ones are there.
    await rm(target, { recursive: true, force: true });
    await rename(pictures, target);
  } finally {
    await browser.close();
    await demo.stop();
    await rm(folder, { recursive: true });
  }
}

await run();
