import type { ClientLine } from "../pop3/server/ports.ts";

/** The session that has a mailbox open. */
export interface LockHolder {
  readonly sessionId: number;
  /** The client's network address. */
  readonly address: string;
  /** Absent: it cannot be made to give way. */
  readonly line?: ClientLine | undefined;
}

/** A lock that was taken, or the session that has it. */
export type LockOutcome = { readonly release: () => void } | { readonly holder: LockHolder };

/** The locks of mailboxes, RFC 1939 section 4: one session at a time may delete. */
export interface MailboxLocks {
  /**
   * Takes all of them or none. A holder from the same address that has been silent for `takeoverMs` is dropped: its client
   * has lost the connection and comes again.
   */
  take(mailboxIds: readonly number[], wanted: LockHolder, takeoverMs: number): LockOutcome;
}

/** Makes locks that live in memory: they end with the process, as sessions do. */
export function createMailboxLocks(): MailboxLocks {
  const holders = new Map<number, LockHolder>();
  const release = (mailboxIds: readonly number[], holder: LockHolder) => {
    for (const id of mailboxIds) if (holders.get(id) === holder) holders.delete(id);
  };
  return {
    take(mailboxIds, wanted, takeoverMs) {
      const others = new Set(mailboxIds.flatMap((id) => holders.get(id) ?? []));
      for (const holder of others) {
        const isLost = holder.address === wanted.address && (holder.line?.silentMs() ?? 0) >= takeoverMs;
        if (!isLost) return { holder };
      }
      for (const holder of others) {
        release([...holders.keys()], holder);
        holder.line?.drop(`session ${wanted.sessionId} from the same address took the mailbox over`);
      }
      for (const id of mailboxIds) holders.set(id, wanted);
      return { release: () => release(mailboxIds, wanted) };
    },
  };
}
