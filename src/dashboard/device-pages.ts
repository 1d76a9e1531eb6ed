/** Pages of devices, and of clients that wait to be allowed as such. */
import { isIP } from "node:net";
import { type Context, Hono } from "hono";
import { isAddressPattern } from "../wire/address.ts";
import { texts } from "../../web/texts.ts";
import { aboveAllowing, devicesPage } from "../../web/views/devices.ts";
import { allow } from "./access.ts";
import { actorOf, createEntryPages, doneOf } from "./entry-pages.ts";
import type { DashboardEnv } from "./identity.ts";
import * as input from "./input.ts";
import { frameOf } from "./pages.ts";
import type { DashboardPorts } from "./ports.ts";
import { readDevices } from "./reads-entries.ts";

/** Characters of a suggested name. */
const MAX_NAME = 60;

/** Makes them. */
export function createDevicePages(ports: DashboardPorts): Hono<DashboardEnv> {
  const app = new Hono<DashboardEnv>();
  const words = texts.devices;

  app.get("/devices", allow("owner", "viewer"), async (c) => {
    return c.html(devicesPage(frameOf(ports, c.get("identity"), c.req.path), await readDevices(ports), doneOf(c)));
  });

  app.post("/devices/-/dismiss", allow("owner"), async (c) => {
    const { address } = input.read(input.dismissForm, await c.req.parseBody());
    const isDone = await dismiss(ports, address, true, actorOf(c));
    return c.redirect(`/devices?done=${isDone ? "dismissed" : "none"}`, 303);
  });

  app.post("/devices/-/restore", allow("owner"), async (c) => {
    const { address } = input.read(input.dismissForm, await c.req.parseBody());
    const isDone = await dismiss(ports, address, false, actorOf(c));
    return c.redirect(`/devices?done=${isDone ? "restored" : "none"}`, 303);
  });

  app.route(
    "/",
    createEntryPages(ports, {
      ...{ kind: "device", path: "/devices", words },
      titleOf: ({ name }) => name ?? "",
      gone: words.gone,
      beginning: (c) => beginning(c, ports),
    }),
  );
  return app;
}

/** A new device begins with what a waiting client said of itself. */
async function beginning(c: Context<DashboardEnv>, ports: DashboardPorts) {
  const address = c.req.query("address");
  if (address === undefined) return { value: {} };
  const { waiting, dismissed, devices } = await readDevices(ports);
  const client = [...waiting, ...dismissed].find((one) => one.address === address);
  const value = {
    name: suggestName(client?.helo ?? "", address.slice(0, 64), devices),
    networks: [address.slice(0, 64)],
  };
  if (!client) return { value };
  const words = texts.devices;
  // Left empty it might send as anybody. What a client says of itself is no pattern.
  const isOne = isAddressPattern(client.sender) && !client.sender.includes("*");
  const seen = isOne ? { senders: [client.sender] } : {};
  return {
    value: { ...value, ...seen },
    title: words.allowTitle(address),
    button: words.allowButton,
    action: `/devices/-/add?address=${encodeURIComponent(address)}`,
    above: aboveAllowing(client),
  };
}

/** What a client calls itself, where that is a name that is free; else its address. Pure. */
export function suggestName(
  helo: string,
  address: string,
  taken: readonly { readonly name: string | null }[],
): string {
  const name = [...helo.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}<>[\]]/gu, "").trim()].slice(0, MAX_NAME).join("").trim();
  const isTaken = taken.some((device) => device.name?.toLowerCase() === name.toLowerCase());
  const isPlain = name !== "" && isIP(name.replace(/^ipv6:/i, "")) === 0 && !/^localhost\b/i.test(name);
  return isPlain && !isTaken ? name : texts.devices.suggested(address);
}

/** Dismisses a client that waits, or shows it again; false: there is none of that address. */
export async function dismiss(
  { store, clock }: Pick<DashboardPorts, "store" | "clock">,
  address: string,
  isDismissed: boolean,
  actor: string,
): Promise<boolean> {
  const now = clock.now();
  return await store.write("dismissRefusedClient", {
    address,
    dismissedAt: isDismissed ? now : null,
    audit: {
      ...{ at: now, actor, kind: "device", name: address, detail: "{}" },
      action: isDismissed ? "dismissed" : "shown again",
    },
  });
}
