import { expect, test } from "vitest";
import { createNetworks } from "./network.ts";
import { overlapsOf } from "./overlap.ts";

const device = (name: string, ...networks: string[]) => ({ name, networks: createNetworks(networks) });

test("of networks that overlap the earlier device has the addresses, whichever is the wider", () => {
  const devices = [
    device("printers", "192.168.1.0/28", "fd00::/64"),
    device("lan", "192.168.1.0/24"),
    device("scanner", "192.168.1.20", "192.168.2.1", "fd00::7"),
    device("camera", "192.168.3.1"),
  ];
  expect(devices.map((one) => overlapsOf(one, devices))).toEqual([
    [],
    [{ network: "192.168.1.0/24", first: "printers" }],
    [{ network: "192.168.1.20", first: "lan" }, { network: "fd00::7", first: "printers" }],
    [],
  ]);
});
