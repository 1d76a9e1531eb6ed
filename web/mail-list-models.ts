import type { CachedModel } from "./mailbox-models.ts";
import type { MessageModel } from "./models.ts";

/** A message of a list of both kinds. */
export type ListedMail =
  | ({ readonly kind: "message" } & MessageModel)
  | ({ readonly kind: "mailbox-message" } & CachedModel);

/** Messages that were looked for. */
export interface MailList {
  readonly messages: readonly ListedMail[];
  /** Where the next page begins; null on the last. */
  readonly before: number | null;
  /** Set when the question names exactly one thing. */
  readonly only: { readonly kind: "message" | "session"; readonly id: number } | null;
  /** Messages that can be found by their header alone as yet: they are not indexed; 0 where nothing was asked. */
  readonly notIndexed: number;
  /** Whether there is a full-text index. */
  readonly isIndexed: boolean;
}
