import type { Authenticator, LoginResult } from "../identity/authenticator.ts";
import type { Directory } from "../identity/directory.ts";
import type { ScramLogins } from "../identity/scram-logins.ts";
import { isPrivateAddress, type Networks } from "../settings.ts";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import { aliasOf } from "./aliases.ts";
import { createDevicePace, type DevicePace } from "./device-pace.ts";
import type { RefusedClients } from "./refused-clients.ts";
import type {
  LoginAttempt,
  ScramLogins as ScramPort,
  Sender,
  Submission,
  Submissions,
  SubmissionStart,
} from "../smtp/server/ports.ts";
import { matchAddress } from "../wire/address.ts";
import type { Clock } from "../wire/clock.ts";
import { Intake, type IntakePorts, NEARLY_FULL } from "./intake.ts";
import type { Lane } from "./lane.ts";
import { DirectPassage } from "./passage.ts";

/** What the SMTP server's ports need. */
export interface SubmissionPorts extends IntakePorts {
  readonly directory: () => Directory;
  readonly authenticator: Authenticator;
  /** Absent: logins by password only. */
  readonly scram?: ScramLogins;
  /** Networks whose clients may send without logging in. */
  readonly allowWithoutAuth: () => Networks;
  /** Addresses outside the private ranges may be among them, and among those of devices. */
  readonly allowPublicNetworks: () => boolean;
  readonly clock: Clock;
  readonly refusedClients: RefusedClients;
  /** The road to an upstream, for what is to go straight through. */
  readonly lane: (name: string) => Lane;
  /** Something went wrong that no message's history shows. */
  readonly warn: (text: string, error: unknown) => void;
}

/** Lets in who may send, and takes their messages into the queue. */
export function createSubmissions(ports: SubmissionPorts): Submissions {
  const pace = createDevicePace();
  const begin = (start: SubmissionStart): Submission => new Intake(start, ports);
  return {
    senderWithoutLogin: (peer) => peer.isProxy ? null : senderByAddress(ports, peer.address),
    authenticate: (attempt) => authenticate(ports, attempt),
    ...(ports.scram ? { scram: scramPort(ports.scram) } : {}),
    refuseReversePath: (sender, reversePath) => refuseReversePath(ports, sender, reversePath),
    knowsLocalName: (name) =>
      aliasOf({ aliases: ports.directory().aliases, hostname: ports.hostname() }, name) !== undefined,
    refuseRecipient: () => null,
    refuseForNow: (octets) => ports.hasRoom(octets) ? null : NEARLY_FULL,
    refusePace: (sender) => refusePace(ports, pace, sender),
    noteRefused: (attempt) => ports.refusedClients.note(attempt),
    begin,
    passage: (start) => new DirectPassage(start, { ...ports, toQueue: begin }),
  };
}

function senderByAddress(
  { directory, allowWithoutAuth, allowPublicNetworks }: SubmissionPorts,
  address: string,
): Sender | null {
  const device = directory().device(address);
  if (!device && !allowWithoutAuth().contains(address)) return null;
  // The settings are checked for it as well; what is at stake is an open relay.
  if (!isPrivateAddress(address) && !allowPublicNetworks()) return null;
  return device ? { account: null, name: device.name, device } : { account: null, name: address };
}

function refusePace({ directory, clock }: SubmissionPorts, pace: DevicePace, sender: Sender): SmtpReply | null {
  const device = sender.device && directory().deviceNamed(sender.device.name);
  const limit = device && pace.take(device, clock.now());
  if (!limit) return null;
  const seconds = Math.ceil(limit.waitMs / 1000);
  return reply(
    450,
    "4.7.1",
    `Your device may send ${limit.limit} messages within any ${limit.unit}, try again in ${seconds} s`,
    `device ${device.name} has sent ${limit.limit} messages within the last ${limit.unit}`,
  );
}

async function authenticate({ authenticator }: SubmissionPorts, { login, password, peer }: LoginAttempt) {
  return senderOf(login, await authenticator.login({ login, password, address: peer.address }));
}

function scramPort(scram: ScramLogins): ScramPort {
  return {
    offered: () => scram.offered(),
    async challenge({ login, peer }) {
      const start = await scram.challenge({ login, address: peer.address });
      return start.ok ? start : { reply: refusalOf(login, start.waitMs) };
    },
    settle: ({ login, peer, proven }) =>
      Promise.resolve(senderOf(login, scram.settle({ login, address: peer.address, proven }))),
  };
}

function senderOf(login: string, result: LoginResult): { readonly sender: Sender } | { readonly reply: SmtpReply } {
  if (!result.ok) {
    if ("unavailable" in result) {
      return { reply: reply(454, "4.7.0", "The login cannot be checked now, try again later", result.unavailable) };
    }
    return { reply: refusalOf(login, result.waitMs) };
  }
  return { sender: { account: result.account.login, name: result.account.login } };
}

function refusalOf(login: string, waitMs: number): SmtpReply {
  if (waitMs === 0) {
    return reply(535, "5.7.8", "Login or password is wrong", `login of ${JSON.stringify(login)} failed`);
  }
  const seconds = Math.ceil(waitMs / 1000);
  return reply(454, "4.7.0", `Too many failed logins, try again in ${seconds} s`, "login throttled after failures");
}

function refuseReversePath({ directory }: SubmissionPorts, sender: Sender, reversePath: string): SmtpReply | null {
  // The null reverse-path is for reports, which clients send as well (RFC 5321 section 4.5.5).
  if (reversePath === "") return null;
  const allowed = sender.account === null
    ? sender.device ? directory().deviceNamed(sender.device.name)?.addresses ?? [] : ["*"]
    : directory().account(sender.account)?.addresses ?? [];
  if (allowed.some((pattern) => matchAddress(pattern, reversePath))) return null;
  return reply(
    553,
    "5.7.1",
    `You may not send as <${reversePath}>`,
    `allowed for ${sender.name}: ${allowed.join(" ")}`,
  );
}
