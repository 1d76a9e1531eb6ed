import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Directory } from "../../identity/directory.ts";
import { diagnose } from "../../dialogue/diagnosis.ts";
import { trySource } from "../../mailbox/trial.ts";
import { tryUpstream } from "../../relay/trial.ts";
import { formatEndpoint, type Settings, type Source, type Upstream } from "../../settings.ts";
import { systemClock } from "../../wire/clock.ts";
import { showDuration, showTime } from "../output/figures.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** A certificate that expires sooner should have been renewed by now; those of ACME are renewed a month ahead. */
const SOON_MS = 7 * 86_400_000;

/** Tests every upstream and source: its name, the connection, TLS and the login. */
export async function examineServers({ upstreams, accounts }: Directory, settings: Settings): Promise<Finding[]> {
  const none = upstreams.length === 0
    ? [
      problem(
        "upstreams",
        "there is none: mail waits in the queue",
        'add one: "waypost upstream add NAME --host HOST"',
      ),
    ]
    : [];
  const groups = await Promise.all([
    ...upstreams.map((upstream) => examineUpstream(upstream, settings.hostname)),
    ...accounts.flatMap(({ login, sources }) => sources.map((source) => examineSource(login, source))),
  ]);
  return [...none, ...groups.flat()];
}

async function examineUpstream(upstream: Upstream, hostname: string): Promise<Finding[]> {
  const { name, host, port, username } = upstream;
  const about = `upstream ${name}`;
  const named = await examineName(about, upstream);
  if (named?.level === "problem") return [named];
  const tested = await tryUpstream(upstream, hostname);
  const server = formatEndpoint({ address: host, port });
  if (tested.diagnosis) {
    return [
      problem(
        about,
        `${server}: ${tested.diagnosis.fault}`,
        `${tested.diagnosis.advice}. See: waypost upstream test ${name}`,
      ),
    ];
  }
  const login = username === undefined ? "no login" : `login as ${username} accepted`;
  const text = `${server}: ${tested.tls ?? "no TLS"}, ${login}, in ${showDuration(tested.durationMs)}`;
  return [ok(about, text), ...examineTls(about, upstream, tested.certificate?.expiresAt ?? null)];
}

/** What will not do for ever, or not safely, with the TLS of a server that works. */
function examineTls(
  about: string,
  { tls, verify, fingerprint }: {
    readonly tls: string;
    readonly verify: boolean;
    readonly fingerprint?: string | undefined;
  },
  expiresAt: number | null,
): Finding[] {
  const isSoon = expiresAt !== null && expiresAt - systemClock.now() < SOON_MS;
  return [
    ...verify || tls === "off" || fingerprint !== undefined ? [] : [unchecked(about)],
    ...isSoon
      ? [warning(about, `its certificate expires ${showTime(expiresAt)}`, "its owner has to renew it by then")]
      : [],
  ];
}

function unchecked(about: string): Finding {
  return warning(
    about,
    "its certificate is not checked: anybody on the way may read along",
    "set verify = true, with ca if need be",
  );
}

async function examineName(about: string, { host }: { readonly host: string }): Promise<Finding | null> {
  if (isIP(host) !== 0) return null;
  try {
    await lookup(host);
    return null;
  } catch (error) {
    const { fault, advice } = diagnose(error, { host, port: 0, tls: "off", protocol: "smtp" });
    return problem(about, fault, advice);
  }
}

async function examineSource(login: string, source: Source): Promise<Finding[]> {
  const about = `source ${login}, ${source.name}`;
  const named = await examineName(about, source);
  if (named) return [named];
  const tried = await trySource(source);
  const server = formatEndpoint({ address: source.host, port: source.port });
  if (tried.diagnosis) return [problem(about, `${server}: ${tried.diagnosis.fault}`, tried.diagnosis.advice)];
  const text = `${server}: ${tried.tls ?? "no TLS"}, login as ${source.username} accepted, in ${
    showDuration(tried.durationMs)
  }`;
  return [ok(about, text), ...examineTls(about, source, tried.certificate?.expiresAt ?? null)];
}
