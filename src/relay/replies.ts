import type { Upstream } from "../settings.ts";
import { explainReply, providerOf } from "../settings/providers.ts";
import { isRefusal, showReply, type SmtpReply } from "../smtp/reply.ts";

/**
 * What a refusal says about our pace; null: nothing. `quota`: even where it is one for good, the message is not to blame.
 * Pure.
 */
export function limitOf(reply: SmtpReply, upstream: Upstream): "rate" | "quota" | null {
  if (reply.local || !isRefusal(reply)) return null;
  return explainReply(providerOf(upstream), showReply(reply))?.limit ?? null;
}
