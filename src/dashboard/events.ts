/** The live view: one stream of server-sent events for each browser that looks, and one timer for all of them. */
import { texts } from "../../web/texts.ts";
import { DashboardError } from "./errors.ts";
import { createLiveTraffic, type LiveTraffic } from "./live.ts";
import type { DashboardPorts } from "./ports.ts";

/** Who looks. */
export interface Watcher {
  readonly name: string;
  /** Whether it still may see what it sees. */
  readonly isStillIn: () => Promise<boolean>;
}

/** Gives streams of events. */
export interface EventHub {
  /**
   * A stream for one more browser: `pulse`, what moved in the last second (JSON of a Pulse); `changed`, pages have
   * something new to show. It ends soon after its watcher may look no more.
   * @throws DashboardError 503 when too many look already, or the same one too often
   */
  open(watcher: Watcher): Response;
  /** Streams that are open now. */
  readonly size: number;
}

/** Events are gathered for this long. */
const PULSE_EVERY_MS = 1_000;
/** Pulses between two `changed` events while there is traffic. */
const CHANGED_EVERY = 2;
/** How long after the last traffic pages are still told to look: telemetry comes to the database in batches. */
const SETTLES_MS = 12_000;
/** Pulses between two `changed` events when nothing moves: times grow old, attempts come due. */
const IDLE_CHANGED_EVERY = 30;
/** Pulses between two comments that keep the connection alive and find out that a browser has gone. */
const KEEPALIVE_EVERY = 15;
/** Pulses between two looks at whether who watches still may. */
const CHECKED_EVERY = 10;
/** A stream ends after this many pulses; the browser comes again. */
const STREAM_PULSES = 900;
const MAX_STREAMS = 64;
/** Streams of one watcher: more than its browsers need, and fewer than would keep the others out. */
const MAX_STREAMS_EACH = 24;
/** Events that may wait for one browser; more are left out, for each one tells only what is new. */
const QUEUE_EVENTS = 8;

interface Stream {
  readonly watcher: Watcher;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  pulses: number;
}

/** Makes the hubs, one for everything and one for each account that somebody watches. */
export function createHubs(
  live: LiveTraffic,
  ports: Pick<DashboardPorts, "clock" | "randomBytes" | "phases">,
): (account: string | null) => EventHub {
  const all = createEventHub(live, ports);
  const own = new Map<string, EventHub>();
  return (account) => {
    if (account === null) return all;
    const found = own.get(account) ?? createEventHub(createLiveTraffic(ports, account), ports);
    own.set(account, found);
    return found;
  };
}

/** Makes the hub. It works only while somebody looks. */
export function createEventHub(
  live: LiveTraffic,
  { clock, randomBytes }: Pick<DashboardPorts, "clock" | "randomBytes">,
): EventHub {
  const streams = new Set<Stream>();
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  let pulses = 0;

  function drop(stream: Stream): void {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function send(text: string): void {
    if (text === "") return;
    const octets = encoder.encode(text);
    for (const { controller } of streams) if ((controller.desiredSize ?? 0) > 0) controller.enqueue(octets);
  }

  function end(stream: Stream): void {
    if (streams.has(stream)) stream.controller.close();
    drop(stream);
  }

  function beat(): void {
    pulses++;
    send(beatText(live, clock.now(), pulses));
    for (const stream of [...streams]) {
      if (++stream.pulses >= STREAM_PULSES) end(stream);
      else if (stream.pulses % CHECKED_EVERY === 0) void isStillIn(stream).then((isIn) => isIn || end(stream));
    }
  }

  function open(watcher: Watcher): Response {
    requireRoom(streams, watcher);
    let stream: Stream;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        stream = { watcher, controller, pulses: 0 };
        streams.add(stream);
        timer ??= setInterval(beat, PULSE_EVERY_MS);
        // Browsers come again at different times after a restart.
        const retryMs = 2_000 + randomBytes(1)[0]! * 8;
        controller.enqueue(encoder.encode(`retry: ${retryMs}\nevent: hello\ndata: ${pulses}\n\n`));
      },
      cancel: () => drop(stream),
    }, { highWaterMark: QUEUE_EVENTS });
    return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
  }

  return {
    open,
    get size() {
      return streams.size;
    },
  };
}

/** @throws DashboardError 503 */
function requireRoom(streams: ReadonlySet<Stream>, { name }: Watcher): void {
  const own = [...streams].filter(({ watcher }) => watcher.name === name);
  if (streams.size < MAX_STREAMS && own.length < MAX_STREAMS_EACH) return;
  throw new DashboardError(503, "TOO_MANY_STREAMS", texts.errors.busy);
}

/** What cannot be known is no reason to go on: the browser comes again, and is told what is wrong. */
async function isStillIn({ watcher }: Stream): Promise<boolean> {
  return await watcher.isStillIn().catch(() => false);
}

/** What is sent at a pulse; "" where there is nothing to say. */
function beatText(live: LiveTraffic, now: number, pulses: number): string {
  const pulse = live.takePulse();
  const isBusy = now - live.lastEventAt < SETTLES_MS;
  let text = pulse ? `event: pulse\ndata: ${JSON.stringify(pulse)}\n\n` : "";
  if (pulses % (isBusy ? CHANGED_EVERY : IDLE_CHANGED_EVERY) === 0) text += `event: changed\ndata: ${pulses}\n\n`;
  if (text === "" && pulses % KEEPALIVE_EVERY === 0) text = ": still here\n\n";
  return text;
}
