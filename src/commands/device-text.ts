import { type Device, formatSize } from "../settings.ts";
import type { QueryResult } from "../store/queries.ts";
import type { Origin } from "../identity/directory.ts";
import { showCount, showDistance, showSender } from "./output/figures.ts";
import { layOutTable, WIDTH, wrap } from "./output/table.ts";

/** What `waypost device list` shows. */
export interface ShownDevices {
  readonly devices: readonly (Device & { readonly origin: Origin })[];
  readonly allowedWithoutAuth: readonly string[];
  /** Clients that were refused and are not allowed since, the newest first. */
  readonly waiting: QueryResult<"refusedClients">;
}

/** The rules of a device beyond who it is and where its mail goes. */
export function rulesOf(device: Device) {
  const { from, owner, messagesPerMinute, messagesPerHour, maxMessageSize, minTls, bareLf } = device;
  return {
    from: from ?? null,
    owner: owner ?? null,
    messagesPerMinute,
    messagesPerHour,
    maxMessageSize: maxMessageSize ?? null,
    minTls,
    bareLf,
  };
}

/** The page of `waypost device list`. Pure. */
export function describeDevices({ devices, allowedWithoutAuth, waiting }: ShownDevices, now: number): string {
  const parts = [
    devices.length === 0 ? 'No devices. To allow one: "waypost device allow NAME ADDRESS".\n' : describeAll(devices),
    `May send without a login as well (smtp.allow_without_auth): ${allowedWithoutAuth.join(", ") || "nobody"}\n`,
  ];
  if (waiting.length > 0) parts.push(`\n${describeWaiting(waiting, now)}`);
  return parts.join("");
}

function describeAll(devices: ShownDevices["devices"]): string {
  const table = layOutTable(
    [
      { title: "DEVICE", shrinks: true },
      { title: "FROM" },
      { title: "NETWORKS", shrinks: true },
      { title: "SENDS AS", shrinks: true },
      { title: "BY" },
    ],
    devices.map(({ name, origin, networks, addresses, upstream }) => [
      name,
      origin,
      networks.list.join(", "),
      addresses.join(", "),
      upstream ?? "-",
    ]),
  );
  const rules = devices.flatMap((device) => {
    const words = wordsOf(device);
    return words.length === 0 ? [] : wrap(`${device.name}: ${words.join("; ")}`, WIDTH).map((line) => `${line}\n`);
  });
  return rules.length === 0 ? table : `${table}\n${rules.join("")}\n`;
}

function wordsOf(device: Device): string[] {
  const { from, owner, messagesPerMinute, messagesPerHour, maxMessageSize, minTls, bareLf } = device;
  const words: (string | false | undefined)[] = [
    from && `its mail goes out as ${from}`,
    messagesPerMinute > 0 && `at most ${showCount(messagesPerMinute, "message")} a minute`,
    messagesPerHour > 0 && `at most ${showCount(messagesPerHour, "message")} an hour`,
    maxMessageSize !== undefined && `messages up to ${formatSize(maxMessageSize)}`,
    minTls !== "off" && `only with TLS ${minTls} or newer`,
    bareLf && "its bare LF are taken",
    owner && `reports go to ${owner}`,
  ];
  return words.filter((word) => typeof word === "string");
}

function describeWaiting(waiting: ShownDevices["waiting"], now: number): string {
  const table = layOutTable(
    [
      { title: "ADDRESS" },
      { title: "CALLS ITSELF", shrinks: true },
      { title: "FROM", shrinks: true },
      { title: "TO", shrinks: true },
      { title: "TRIES", align: "right" },
      { title: "LAST" },
    ],
    waiting.map(({ address, helo, sender, recipient, attempts, lastAt }) => [
      address,
      helo,
      showSender(sender),
      recipient ?? "-",
      String(attempts),
      showDistance(lastAt, now),
    ]),
  );
  return `Refused since they did not log in, waiting to be allowed:\n${table}` +
    'To allow one: "waypost device allow NAME ADDRESS".\n';
}
