import type { UpstreamCardModel } from "../../web/server-models.ts";
import type { Desk } from "./desk.ts";
import { readQueueFigures } from "./overview.ts";
import { readSessions } from "./reads-sessions.ts";
import { readUpstreams } from "./upstreams.ts";

/** Every upstream with what waits for it and its newest session. */
export async function readUpstreamCards({ ports, live }: Pick<Desk, "ports" | "live">): Promise<UpstreamCardModel[]> {
  const { reasons } = await readQueueFigures(ports);
  return await Promise.all(
    readUpstreams(ports).map(async (upstream) => {
      const reason = reasons.find((one) => one.upstream === upstream.name);
      const search = { hop: "smtp-client", peer: upstream.name, limit: 1, account: null } as const;
      const { sessions } = await readSessions(ports, live, search);
      return {
        ...upstream,
        waitingFor: reason
          ? { messages: reason.messages, lastReply: reason.lastReply, explained: reason.explained ?? null }
          : null,
        lastSession: sessions[0] ?? null,
      };
    }),
  );
}
