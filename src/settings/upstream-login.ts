import { certificateFile, choice, domain, flag, host, whole } from "./kinds.ts";
import { type Pop3Service, providerById, providers } from "./providers.ts";
import { MISSING } from "./shown.ts";
import { derived, entries, optional, required, type Resolved, setting } from "./table.ts";
import { portByTls, tlsMode } from "./tls-mode.ts";

function serviceOf(entry: Resolved): Pop3Service | null | undefined {
  return providerById(entry["provider"] as string | undefined)?.pop3;
}

const popPort = portByTls(110, 110, 995);

/** Domains whose people log in with the upstream's own address and password. */
export const upstreamLogin = entries(
  "upstreamLogins",
  "A domain whose people log in with their upstream address and its password, without an account made before: the first " +
    "login is checked there, makes the account and its source (keep mode), and fetches its mail. Later ones work with the " +
    "line down; a password that has changed is checked there once more and remembered. Without such a table nobody can. " +
    "While there is one, SCRAM-SHA-256 is not offered: it tells no password that could be checked.",
  {
    domain: required(domain, "example.net", "What stands behind the @ of the addresses."),
    provider: optional(
      choice(...providers.filter(({ pop3 }) => pop3 !== null).map(({ id }) => id)),
      "gmx",
      "Whose server it is: what is known of it stands for host, port and tls. [providers.md](providers.md).",
    ),
    host: derived(
      host,
      "pop.example.net",
      { text: "the provider's; without one it is required", value: (entry) => serviceOf(entry)?.host ?? "" },
      "The POP3 server that checks the logins.",
    ),
    tls: derived(
      tlsMode,
      "implicit",
      { text: "the provider's, else `implicit`", value: (entry) => serviceOf(entry)?.tls ?? "implicit" },
      "`starttls` (STLS) and `implicit` never fall back to a login in the clear.",
    ),
    port: derived(
      whole(1, 65_535),
      995,
      {
        text: `the provider's, else ${popPort.text}`,
        value: (entry) => {
          const service = serviceOf(entry);
          return service && service.tls === entry["tls"] ? service.port : popPort.value(entry);
        },
      },
      "The server's port.",
    ),
    ca: optional(
      certificateFile,
      "provider-ca.pem",
      "The authorities that may have signed the server's certificate, instead of the system's.",
    ),
    verify: setting(flag, true, "Whether the server's certificate is checked. Without, anybody may read along."),
    username: setting(
      choice("address", "local-part"),
      "address",
      "What the server takes as the login: the whole address, or what stands before the @.",
    ),
  },
  {
    check({ host }, report) {
      if (host === "") report(["host"], "the name of a server, or a provider that has one", MISSING);
    },
  },
);
