import type { EntryModel } from "../../web/entry-models.ts";
import type { UpstreamCardModel } from "../../web/server-models.ts";
import type { Desk } from "./desk.ts";
import { readQueueFigures } from "./overview.ts";
import { readKind } from "./reads-entries.ts";
import { readSessions } from "./reads-sessions.ts";
import { readUpstreams } from "./upstreams.ts";

/** Every upstream with what waits for it and its newest session. */
export async function readUpstreamCards({ ports, live }: Pick<Desk, "ports" | "live">): Promise<UpstreamCardModel[]> {
  const entries = await readKind(ports, "upstream");
  const { reasons } = await readQueueFigures(ports);
  return await Promise.all(
    readUpstreams(ports).map(async (upstream) => {
      const reason = reasons.find((one) => one.upstream === upstream.name);
      const search = { hop: "smtp-client", peer: upstream.name, limit: 1, account: null } as const;
      const { sessions } = await readSessions(ports, live, search);
      const entry = entries.find((one) => one.state === "used" && one.name === upstream.name);
      return {
        ...upstream,
        file: entry?.file ?? null,
        line: entry?.line ?? null,
        waitingFor: reason
          ? {
            messages: reason.messages,
            lastReply: reason.lastReply,
            lastReplyBy: reason.lastReplyBy,
            explained: reason.explained ?? null,
          }
          : null,
        lastSession: sessions[0] ?? null,
      };
    }),
  );
}

/** Upstreams of the database that are not in use: the file has one of the name, or they cannot be read. */
export async function readUnusedUpstreams({ ports }: Pick<Desk, "ports">): Promise<EntryModel[]> {
  return (await readKind(ports, "upstream")).filter(({ state }) => state !== "used");
}
