/** What the tests of the set-up pages find: entries of the database, clients that wait, changes. */
import { HOSTILE, type TestDashboard } from "./dashboard.ts";

/** A login and a device whose names are hard to link to. */
export const ODD_LOGIN = "büro/post %2F #1?@example.net";
export const ODD_DEVICE = `${"long-".repeat(30)}/${HOSTILE}`;

/** Fills the dashboard's store; call it once. */
export async function fillSetup({ ports, store, clock }: TestDashboard): Promise<void> {
  const { entries } = ports;
  await entries.add({
    kind: "account",
    name: "bernd@example.net",
    value: {
      login: "bernd@example.net",
      password: "an old password",
      addresses: ["bernd@example.net", "*@garden.example"],
      upstream: "provider",
      source: { name: "work", host: "pop.example.org", username: "bernd", password: "staple", mode: "delete" },
    },
  }, "anna");
  await entries.add({ kind: "account", name: ODD_LOGIN, value: { login: ODD_LOGIN } }, HOSTILE);
  await entries.add({
    kind: "device",
    name: "scanner",
    value: { name: "scanner", networks: ["192.168.1.40"], from: "office@example.net", messages_per_hour: 60 },
  }, "command");
  await entries.add({
    kind: "device",
    name: ODD_DEVICE,
    value: { name: ODD_DEVICE, networks: ["192.168.1.41", "fd00::/64"], addresses: ["a@example.net"], bare_lf: true },
  }, "anna");
  await entries.add({ kind: "route", value: { device: "scanner", max_size: "25MB", via: ["provider"] } }, "anna");
  await entries.add({ kind: "route", value: { sender: "*@garden.example", via: ["provider"] } }, "anna");
  const scanner = { helo: "BRN30055C", sender: "scan@local", recipient: "office@example.net", attempts: 3 };
  await store.write("noteRefusedClients", {
    keep: 100,
    rows: [
      waiting("192.168.1.50", { ...scanner, lastAt: clock.now() - 20_000 }),
      waiting("203.0.113.9", { helo: HOSTILE, sender: "", attempts: 1, lastAt: clock.now() - 86_400_000 }),
      waiting("192.168.1.51", { helo: "x".repeat(255), sender: `${"y".repeat(240)}@example.net`, attempts: 12_345 }),
    ],
  });
}

/** A client that was refused. */
export function waiting(
  address: string,
  more: { helo?: string; sender?: string; recipient?: string; attempts?: number; lastAt?: number } = {},
) {
  const { helo = "camera", sender = "camera@lan", recipient = null, attempts = 1, lastAt = Date.now() } = more;
  const isPrivate = address.startsWith("192.168.");
  return {
    address,
    isPrivate,
    helo,
    sender,
    recipient,
    attempts,
    firstAt: lastAt - 3_600_000,
    lastAt,
    dismissedAt: null,
  };
}
