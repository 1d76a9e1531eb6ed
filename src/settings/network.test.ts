import { expect, test } from "vitest";
import { createNetworks, faultOfNetwork, formatEndpoint, isLoopback, parseEndpoint } from "./network.ts";

test("endpoints are read and written with IPv4, IPv6 and names", () => {
  for (const text of ["127.0.0.1:2525", "[::1]:0", "localhost:65535", "nas.lan:25"]) {
    const endpoint = parseEndpoint(text);
    expect(endpoint && formatEndpoint(endpoint)).toBe(text);
  }
  expect(parseEndpoint("[::]:25")).toEqual({ address: "::", port: 25 });
});

test("what is no endpoint is refused", () => {
  const wrong = [
    "",
    "2525",
    ":2525",
    "::1:2525",
    "[::1]",
    "1.2.3.4",
    "1.2.3.4:",
    "1.2.3.4:65536",
    "1.2.3.256:25",
    "a b:1",
  ];
  for (const text of [...wrong, "[1.2.3.4]:25", "http://x:25", "1.2.3.4:25 ", "-x:25"]) {
    expect(parseEndpoint(text), text).toBeUndefined();
  }
});

test("networks hold their addresses in every notation", () => {
  const networks = createNetworks(["192.168.1.0/24", "10.0.0.5", "fd00::/8", "fe80::/10", "::1"]);
  for (const address of ["192.168.1.77", "::ffff:192.168.1.77", "10.0.0.5", "fd12::1", "fe80::1%eth0", "::1"]) {
    expect(networks.contains(address), address).toBe(true);
  }
  for (const address of ["192.168.2.1", "::ffff:10.0.0.6", "10.0.0.6", "fc00::1", "::2", "", "nas.lan"]) {
    expect(networks.contains(address), address).toBe(false);
  }
  expect(createNetworks([]).contains("127.0.0.1")).toBe(false);
});

test("a wrong network is told from a right one", () => {
  for (const text of ["10.0.0.0/8", "10.1.2.3/32", "10.1.2.3", "::1", "fd00::/8", "::/1"]) {
    expect(faultOfNetwork(text), text).toBeUndefined();
  }
  for (const text of ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "x", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1"]) {
    expect(faultOfNetwork(text), text).toBeDefined();
  }
  for (const text of ["0.0.0.0/0", "::/0"]) expect(faultOfNetwork(text)).toContain("open relay");
});

test("loopback is every address of the machine itself", () => {
  for (const address of ["127.0.0.1", "127.1.1.1", "::1", "::ffff:127.0.0.1", "localhost"]) {
    expect(isLoopback(address), address).toBe(true);
  }
  for (const address of ["0.0.0.0", "::", "192.168.1.1"]) expect(isLoopback(address), address).toBe(false);
});
