import type { TurnModel } from "../../web/models.ts";
import { findServer, ServerError } from "../control/control.ts";
import type { Awaited } from "../dashboard/awaited.ts";
import { parseId } from "../store/ids.ts";

/** What only the running server knows of messages that wait. */
export interface InHand {
  /** Messages whose turn has not come, by their ids. */
  readonly turns: () => ReadonlyMap<number, TurnModel>;
  /** When each upstream that is away is asked again. */
  readonly awaited: () => Awaited;
}

interface Answer {
  readonly turns?: readonly (TurnModel & { readonly id: string })[];
  readonly awaited?: readonly { readonly upstream: string; readonly askedAt: string }[];
}

/** What the running server says of the messages that it has in hand; nothing where none runs, or it does not answer. */
export async function readInHand(dataDir: string): Promise<InHand> {
  const { turns = [], awaited = [] } = await ask(dataDir);
  const known = new Map(turns.map(({ id, upstream, perMinute }) => [parseId(id) ?? 0, { upstream, perMinute }]));
  const away = new Map(awaited.map(({ upstream, askedAt }) => [upstream, Date.parse(askedAt)]));
  return { turns: () => known, awaited: () => away };
}

async function ask(dataDir: string): Promise<Answer> {
  try {
    const server = await findServer(dataDir);
    return (await server?.ask({ method: "GET", path: "/api/v1/queue/turns" }) ?? {}) as Answer;
  } catch (error) {
    if (error instanceof ServerError) return {};
    throw error;
  }
}
