import { expect, test } from "vitest";
import { createAdmission, whyOutside } from "./admission.ts";

test("so many connections are taken as are allowed, in all and from each address, and each that ends makes room", () => {
  const limits = { max: 3, maxPerAddress: 2 };
  const admit = createAdmission(() => limits);
  const [first, second] = [admit("192.0.2.1"), admit("192.0.2.1")];
  expect([first.turnedAway, second.turnedAway]).toEqual([null, null]);
  const third = admit("192.0.2.1");
  expect(third.turnedAway).toMatchObject({
    cause: expect.stringContaining("2 connections from 192.0.2.1"),
    forNow: true,
  });
  third.leave();
  const other = admit("192.0.2.2");
  expect(other.turnedAway).toBeNull();
  const tooMany = admit("192.0.2.3");
  expect(tooMany.turnedAway).toMatchObject({ cause: expect.stringContaining("3 connections are open"), forNow: true });
  tooMany.leave();
  first.leave();
  expect(admit("192.0.2.1").turnedAway).toBeNull();
});

test("a limit that is changed holds for the next connection, and those that were turned away count until they leave", () => {
  const limits = { max: 1, maxPerAddress: 1 };
  const admit = createAdmission(() => limits);
  const first = admit("192.0.2.1");
  const turnedAway = admit("192.0.2.2");
  limits.max = 2;
  expect(admit("192.0.2.3").turnedAway).not.toBeNull();
  limits.max = 10;
  expect(admit("192.0.2.1").turnedAway).toMatchObject({ text: expect.stringContaining("from your address") });
  first.leave();
  turnedAway.leave();
});

test("a client outside of the networks is turned away for good; without networks nobody is", () => {
  const inside = (address: string) => address.startsWith("10.");
  const networks = { contains: inside, list: ["10.0.0.0/8"] };
  expect(whyOutside(networks, "10.1.2.3")).toBeNull();
  expect(whyOutside(networks, "192.0.2.1")).toMatchObject({
    forNow: false,
    cause: expect.stringContaining("10.0.0.0/8"),
  });
  expect(whyOutside({ contains: () => false, list: [] }, "192.0.2.1")).toBeNull();
});
