import { reply, type SmtpReply } from "../reply.ts";
import type { Sender } from "./ports.ts";
import { offersStartTls, type SmtpContext } from "./state.ts";

/** Whom a client is taken for that has not logged in, where this listener lets anybody in by address; or null. */
export function senderByAddress({ dialogue, policy, submissions }: SmtpContext): Sender | null {
  return policy.auth === "required" ? null : submissions.senderWithoutLogin(dialogue.connection.peer);
}

/** Largest message that is taken from a sender, in octets. */
export function largestMessage({ policy }: SmtpContext, sender: Sender | null): number {
  return Math.min(policy.maxMessageOctets, sender?.device?.maxMessageSize ?? Infinity);
}

/** Why a device may not send on this connection: it is not protected as the device's rules ask for. Null: it may. */
export function refuseProtection(context: SmtpContext, { device }: Sender): SmtpReply | null {
  if (!device || device.minTls === "off") return null;
  const { tls } = context.dialogue.connection;
  const wanted = `TLS ${device.minTls} or newer`;
  if (tls !== null && versionOf(tls.protocol) >= Number(device.minTls)) return null;
  if (tls !== null) {
    const text = `Your device must send with ${wanted}, this connection has ${tls.protocol}`;
    return reply(550, "5.7.10", text, `min_tls of device ${device.name} is ${device.minTls}`);
  }
  const cause = `device ${device.name} may not send in the clear: its min_tls is ${device.minTls}`;
  return offersStartTls(context)
    ? reply(530, "5.7.0", `Your device must send with ${wanted}: send STARTTLS first`, cause)
    : reply(550, "5.7.10", `Your device must send with ${wanted}: use a port with TLS`, cause);
}

/** "TLSv1.2" is 1.2; "TLSv1" is 1. */
function versionOf(protocol: string): number {
  return Number(/^TLSv(\d+(?:\.\d+)?)$/.exec(protocol)?.[1] ?? 0);
}
