/** The texts of the first page: the health line, the house. */
import { count, messages, numbers } from "./words.ts";

export const health = {
  label: "Health",
  moving: "Mail is moving.",
  certificate: "The certificate of the mail servers needs a look.",
  certificateIs: (what: string) => `${what[0]?.toUpperCase() ?? ""}${what.slice(1)}.`,
  diskFull: (free: string, kept: string) =>
    `New mail is refused: the disk is nearly full (${free} free, ${kept} are kept free).`,
  storeTrouble: (why: string) => `New mail is refused: the database cannot be written. ${why}`,
  /** By how the code of the error begins. */
  storeWhy: {
    SQLITE_BUSY: "Another program has locked it: mail is taken again as soon as that ends.",
    SQLITE_LOCKED: "Another program has locked it: mail is taken again as soon as that ends.",
    SQLITE_READONLY: "It, or the disk that it lies on, is read-only: make it writable, with the data folder around it.",
    SQLITE_FULL: "The disk is full: make room.",
    STORE_GONE:
      "Its files were removed or replaced: put them back, or restart Waypost to go on with what is there now.",
    SQLITE_IOERR: "The disk answers with errors: look at the system's log, it may be read-only or broken.",
  },
  quiet: "All quiet, nothing waits.",
  unset: "Waypost runs, but mail cannot go out yet.",
  unsetMoving: "Mail was moving, but none can go out now.",
  noUpstream: "No upstream is set: what clients send waits here.",
  addUpstream: "Add an upstream",
  partlyWaiting: "Mail is moving, but some of it waits.",
  waiting: "Mail waits.",
  movingButSource: "Mail is moving, but not every mailbox can be fetched.",
  source: "Not every mailbox can be fetched.",
  lastHour: (relayed: number, fetched: number) =>
    relayed + fetched === 0
      ? "No mail passed in the last hour."
      : `${messages(relayed)} relayed and ${numbers.format(fetched)} fetched in the last hour.`,
  untried: (number: number) => `${messages(number)} ${number === 1 ? "is" : "are"} about to be sent.`,
  waitFor: (number: number, upstream: string, reply: string) =>
    `${messages(number)} ${number === 1 ? "waits" : "wait"} for ${upstream}${reply === "" ? "" : `: ${reply}`}`,
  wait: (number: number, why: string) =>
    `${messages(number)} ${number === 1 ? "waits" : "wait"}${why === "" ? "" : `: ${why}`}`,
  held: (number: number) => `${messages(number)} ${number === 1 ? "is" : "are"} held until released.`,
  waitingDevices: (number: number) =>
    `${count(number, "device")} ${number === 1 ? "waits" : "wait"} to be allowed: see Devices.`,
  until: "Until ",
  bannedAddress: (address: string) =>
    ` logins from ${address} are refused, since too many failed there; also those of others behind it who have not ` +
    "logged in lately.",
  bannedLogin: (login: string) => ` the login ${login} is refused, since it failed too often.`,
  moreBanned: (number: number) => `${numbers.format(number)} more ${number === 1 ? "is" : "are"} refused: see Logins.`,
  paused: (account: string, source: string, why: string) =>
    `Fetching ${account} from ${source} is paused: ${why}. ` +
    "If that is right, choose “Fetch again” at Mailboxes; until then nothing is fetched from it.",
  fetchFails: (account: string, source: string, failures: number, why: string) =>
    `Fetching ${account} from ${source} failed ${
      failures === 1 ? "once" : `${numbers.format(failures)} times in a row`
    }` +
    `${why === "" ? "" : `: ${why}`}.`,
};

export const overview = {
  title: "Overview",
  house: "The way of the mail",
  clients: "Clients",
  clientsNote: "programs, printers, cameras",
  upstreams: "Upstreams",
  queue: "Queue",
  mailboxes: "Mailboxes",
  openNow: (number: number) => number === 0 ? "none open" : `${numbers.format(number)} open`,
  waiting: (number: number) => number === 0 ? "nothing waits" : `${count(number, "recipient")} waiting`,
  heldMessages: (number: number) => `${messages(number)} held`,
  cached: (number: number) => `${messages(number)} here`,
  paused: (number: number) => `fetching ${number === 1 ? "" : `of ${numbers.format(number)} `}is paused`,
  phasesTitle: "Phase by phase",
  phasesNote:
    "Every session of every hop, cut into its three phases. Figures of the last hour; a session counts when it ends.",
  chartOut: "Mail out",
  chartIn: "Mail in",
  asNumbers: "As numbers",
  atTheTop: (number: number) => `${messages(number)} at the top`,
  newestTitle: "Newest sessions",
  allSessions: "All sessions",
  mailTo: "mail goes to",
  mailFrom: "mail comes from",
  noUpstream: "no upstream is set",
  noSource: "no source is set",
  more: (number: number) => ` and ${numbers.format(number)} more`,
  keeping: (number: number) => `${numbers.format(number)} in keep mode`,
  deleting: (number: number) => `${numbers.format(number)} in delete mode`,
  moreDetails: (number: number) => `${numbers.format(number)} more`,
  noneOfHop: "No session ended in the last hour.",
  noSession: "No session yet: each mail program that connects appears here at once.",
  steps: {
    title: "What to do next",
    upstream: "Add the mail server that takes your mail",
    upstreamWhy: "Your provider's outgoing server. Until there is one, what clients send waits here.",
    account: "Make an account for each person",
    accountWhy: "With it mail programs send and read; mail of a provider's mailbox is fetched into it.",
    client: "Point mail programs and devices at Waypost",
    clientWhy: "They appear here as soon as they connect.",
    loopbackOnly:
      "So far only programs on this machine reach them: for the LAN, set an address of this machine at [[smtp.listen]] and [[pop3.listen]] in the settings.",
    done: "done",
  },
  dropped: (number: number) =>
    `${
      count(number, "session")
    } of the last hour could not be listed because telemetry was behind; the figures count them.`,
  rows: {
    sessions: "Sessions",
    octets: "Octets in / out",
    duration: "Median / 95th",
    commands: "Commands",
    refusals: "Refused",
    failures: "Ended here",
  },
  endedHere: "sessions that ended in this phase without completing",
};
