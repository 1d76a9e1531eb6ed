/** What the settings of a relay under test say beside the defaults. */
export interface RelaySettings {
  /** Ports of upstreams on 127.0.0.1, and how each is reached. */
  readonly upstreams?: readonly {
    readonly port: number;
    readonly tls?: "off" | "starttls" | "implicit";
    readonly ca?: string;
    readonly username?: string;
    readonly password?: string;
    /** More lines of the table. */
    readonly more?: string;
  }[];
  /** Networks whose clients need not log in; absent: none. */
  readonly allowWithoutAuth?: readonly string[];
  /** Tables of accounts; absent: alice with the password "correct horse". */
  readonly accounts?: string;
  /** Time between two attempts; absent: a second. */
  readonly retry?: string;
  /** More lines for the end of the file. */
  readonly more?: string;
}

/** The login that every relay under test knows. */
export const alice = { login: "alice@example.net", password: "correct horse" } as const;

/** A settings file: listeners on ports that the system chooses, and retries. */
export function relaySettings(settings: RelaySettings): string {
  const { upstreams = [], allowWithoutAuth = [], accounts, retry = "1s", more = "" } = settings;
  const known = accounts ?? `[[account]]\nlogin = "${alice.login}"\npassword = "${alice.password}"`;
  return `
hostname = "relay.test"
[smtp]
allow_without_auth = ${JSON.stringify(allowWithoutAuth)}
[[smtp.listen]]
address = "127.0.0.1:0"
[[pop3.listen]]
address = "127.0.0.1:0"
[dashboard]
listen = "127.0.0.1:0"
[queue.retry]
first = "${retry}"
factor = 1
max = "${retry}"
${upstreams.map(upstreamTable).join("\n")}
${known}
${more}
`;
}

function upstreamTable(upstream: NonNullable<RelaySettings["upstreams"]>[number], index: number): string {
  const { port, tls = "off", ca, username, password, more = "" } = upstream;
  const lines = [
    "[[upstream]]",
    `name = "upstream-${index + 1}"`,
    'host = "127.0.0.1"',
    `port = ${port}`,
    `tls = "${tls}"`,
  ];
  if (ca !== undefined) lines.push(`ca = ${JSON.stringify(ca)}`);
  if (username !== undefined) lines.push(`username = ${JSON.stringify(username)}`);
  if (password !== undefined) lines.push(`password = ${JSON.stringify(password)}`);
  return [...lines, more].join("\n");
}
