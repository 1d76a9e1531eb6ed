import { explainReply, providerOf } from "../settings/providers.ts";
import { isSaidByServer, noteReply } from "../smtp/reply.ts";
import type { Explained, Speaker, UpstreamModel } from "../../web/models.ts";
import type { Configured, DashboardPorts, UpstreamState } from "./ports.ts";

/** What a reply of an upstream means and what mends it; null: nothing more than it says. */
export function explain({ upstreams }: Pick<Configured, "upstreams">, name: string | null, reply: string | null) {
  const upstream = upstreams.find((one) => one.name === name);
  return reply === null ? null : explained(upstream ?? { host: "" }, reply);
}

/** Who said what is written down of an attempt. */
export function speakerOf(noted: string): Speaker {
  return isSaidByServer(noted) ? "server" : "waypost";
}

function explained(server: { readonly provider?: string | undefined; readonly host: string }, reply: string) {
  const known = explainReply(providerOf(server), reply);
  return known && { meaning: known.meaning, mending: known.mending } satisfies Explained;
}

/** What the failure of a source's last fetch means and what mends it; null: nothing more than it says. */
export function explainFetch(
  source: { readonly provider?: string | undefined; readonly host: string },
  failures: number,
  outcome: string | null,
): Explained | null {
  return failures === 0 || outcome === null ? null : explained(source, outcome);
}

/** Every upstream of the settings, with what its lane is doing. */
export function readUpstreams(
  ports: Pick<DashboardPorts, "describe" | "directory" | "upstreamStates">,
): UpstreamModel[] {
  const states = ports.upstreamStates();
  const entries = ports.directory().upstreams;
  return ports.describe().upstreams.map((upstream): UpstreamModel => {
    const { name, host, port } = upstream;
    const state = states.find((one) => one.name === name);
    const entry = entries.find((one) => one.name === name);
    return {
      name,
      host,
      port,
      tls: entry?.tls ?? "starttls",
      origin: entry?.origin ?? "file",
      username: entry?.username ?? null,
      senders: entry?.senders ?? [],
      provider: providerOf(upstream).id,
      running: state?.running ?? 0,
      waiting: state?.waiting ?? 0,
      connections: state?.connections ?? upstream.maxConnections,
      maxConnections: upstream.maxConnections,
      perMinute: state ? state.perMinute : upstream.messagesPerMinute || null,
      sentInDay: state?.sentInDay ?? 0,
      perDay: upstream.messagesPerDay,
      recipientsInDay: state?.recipientsInDay ?? 0,
      recipientsPerDay: upstream.recipientsPerDay,
      slowedAt: state?.slowedAt ?? null,
      down: downOf(state, upstream),
    };
  });
}

function downOf(state: UpstreamState | undefined, upstream: Configured["upstreams"][number]): UpstreamModel["down"] {
  if (!state?.down) return null;
  const reply = noteReply(state.down.reply);
  const { until, isAsked } = state.down;
  return { reply, saidBy: speakerOf(reply), untilAt: until, isAsked, explained: explained(upstream, reply) };
}
