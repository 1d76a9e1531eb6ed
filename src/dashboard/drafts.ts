/**
 * What people are writing: an upstream or a source between the steps of its wizard, with its password, which no page holds.
 * In memory alone, for a while, and only for the browser that began it.
 */
import { Buffer } from "node:buffer";
import type { EntryValue } from "../identity/entries.ts";
import type { SourceTrial } from "../mailbox/trial.ts";
import type { UpstreamTrial } from "../relay/trial.ts";
import type { Clock } from "../wire/clock.ts";
import type { ServerKind } from "../../web/server-models.ts";

/** What is being written. */
export interface Draft {
  readonly kind: ServerKind;
  /** The account of a source; null for an upstream. */
  readonly account: string | null;
  /** The name of what is changed; null: it is new. */
  readonly of: string | null;
  /** Nothing was changed: it is only tested. */
  readonly isStored: boolean;
  /** When what is changed was written last. */
  readonly seenAt: number | undefined;
  /** As it would stand in the settings file; without a password: that of what is changed. */
  readonly value: EntryValue;
  readonly upstreamTrial: UpstreamTrial | null;
  readonly sourceTrial: SourceTrial | null;
}

/** The drafts of all browsers. */
export interface Drafts {
  /** Keeps a draft. @returns its id, which nobody can guess */
  put(owner: string, draft: Draft): string;
  /** The draft of an id, for the browser that began it alone; null: there is none any more. */
  get(owner: string, id: string): Draft | null;
  /** Keeps another in its place. */
  replace(owner: string, id: string, draft: Draft): void;
  drop(owner: string, id: string): void;
}

/** Long enough to look up an app password. */
const KEPT_MS = 30 * 60_000;
const KEPT_MOST = 50;
const ID_OCTETS = 16;

/** Makes the memory. */
export function createDrafts(clock: Clock, randomBytes: (length: number) => Uint8Array): Drafts {
  const kept = new Map<string, { readonly owner: string; readonly draft: Draft; readonly until: number }>();
  const clean = () => {
    for (const [id, { until }] of kept) if (until <= clock.now()) kept.delete(id);
    while (kept.size > KEPT_MOST) kept.delete(kept.keys().next().value!);
  };
  const set = (owner: string, id: string, draft: Draft) => {
    kept.delete(id);
    kept.set(id, { owner, draft, until: clock.now() + KEPT_MS });
    clean();
  };
  const find = (owner: string, id: string) => {
    clean();
    const found = kept.get(id);
    return found?.owner === owner ? found.draft : null;
  };
  return {
    put(owner, draft) {
      const id = Buffer.from(randomBytes(ID_OCTETS)).toString("base64url");
      set(owner, id, draft);
      return id;
    },
    get: find,
    replace(owner, id, draft) {
      if (find(owner, id)) set(owner, id, draft);
    },
    drop(owner, id) {
      if (find(owner, id)) kept.delete(id);
    },
  };
}
