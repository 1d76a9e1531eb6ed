/** Every text of the dashboard: another language is another file of this shape. */
import type { Hop, Phase, SessionOutcome } from "../src/dialogue/phases.ts";
import type { HealthLevel, LedgerFigures, RecipientState } from "./models.ts";

const numbers = new Intl.NumberFormat("en");
const utcTimes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** "1 message", "1,204 messages". */
function count(number: number, one: string, many = `${one}s`): string {
  return `${numbers.format(number)} ${number === 1 ? one : many}`;
}

const messages = (number: number) => count(number, "message");

const hops: Readonly<Record<Hop, { readonly name: string; readonly does: string }>> = {
  "smtp-server": { name: "SMTP server", does: "takes mail from clients" },
  "smtp-client": { name: "SMTP client", does: "passes mail on" },
  "pop3-client": { name: "POP3 client", does: "fetches mail" },
  "pop3-server": { name: "POP3 server", does: "hands mail to clients" },
};

const phases: Readonly<Record<Phase, string>> = {
  establishment: "Establishment",
  transfer: "Transfer",
  termination: "Termination",
  authorization: "Authorization",
  transaction: "Transaction",
  update: "Update",
};

/** The same with soft hyphens, for narrow columns. */
const phasesBreakable: Readonly<Record<Phase, string>> = {
  establishment: "Establish\u00adment",
  transfer: "Transfer",
  termination: "Termi\u00adnation",
  authorization: "Authori\u00adzation",
  transaction: "Trans\u00adaction",
  update: "Update",
};

const outcomes: Readonly<Record<SessionOutcome | "open", string>> = {
  open: "open now",
  completed: "completed",
  dropped: "dropped",
  timeout: "timed out",
  refused: "refused",
  failed: "failed",
  shutdown: "shut down",
};

const states: Readonly<Record<RecipientState | "trying", string>> = {
  waiting: "waiting",
  trying: "being tried",
  held: "held",
  delivered: "delivered",
  bounced: "bounced",
  removed: "removed",
};

const levels: Readonly<Record<HealthLevel, string>> = {
  ok: "All is well",
  waiting: "Something waits",
  trouble: "Needs a look",
};

const ledgerStates: Readonly<Record<LedgerFigures["state"], string>> = {
  stored: "on the server and here",
  "delete-sent": "deletion asked for",
  "delete-confirmed": "deletion confirmed",
  gone: "gone from the server",
};

const outcomeNotes: Readonly<Record<SessionOutcome, string>> = {
  completed: "QUIT was said and answered.",
  dropped: "The other side went away without QUIT.",
  timeout: "The other side was silent for too long.",
  refused: "The server sent the client away.",
  failed: "TLS, the login or an error of our own ended it.",
  shutdown: "Waypost was stopping.",
};

export const texts = {
  product: "Waypost",
  numbers: (number: number) => numbers.format(number),
  count,
  messages,
  utcTime: (at: number) => `${utcTimes.format(at)} UTC`,
  since: "since",
  lost: "The live view is interrupted. What you see may be old; it goes on by itself as soon as Waypost answers.",
  skip: "Skip to the content",
  hops,
  phases,
  phasesBreakable,
  inPhase: (phase: Phase) => `in ${phases[phase].toLowerCase()}`,
  outcomes,
  outcomeNotes,
  states,
  levels,
  ledgerStates,
  nav: {
    label: "Main",
    overview: "Overview",
    sessions: "Sessions",
    queue: "Queue",
    mailboxes: "Mailboxes",
    signOut: "Sign out",
    signedInAs: (name: string) => `Signed in as ${name}`,
  },
  search: {
    label: "Where is my message?",
    placeholder: "Message-ID, address, subject or id",
    go: "Search",
    title: "Search",
    found: (number: number, query: string) => `${count(number, "message")} for “${query}”`,
    nothing: (query: string) => `Nothing found for “${query}”.`,
    hint:
      "Search by Message-ID or queue id finds every message; by sender, recipient or subject it finds those among the newest.",
    queued: "Relayed",
    cached: "In mailboxes",
  },
  health: {
    label: "Health",
    moving: "Mail is moving.",
    quiet: "All quiet, nothing waits.",
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
    held: (number: number) => `${messages(number)} ${number === 1 ? "is" : "are"} held until released.`,
    paused: (account: string, source: string, why: string) => `Fetching ${account} from ${source} is paused: ${why}`,
    fetchFails: (account: string, source: string, failures: number, why: string) =>
      `Fetching ${account} from ${source} failed ${
        failures === 1 ? "once" : `${numbers.format(failures)} times in a row`
      }` +
      `${why === "" ? "" : `: ${why}`}.`,
  },
  overview: {
    title: "Overview",
    house: "The way of the mail",
    clients: "Clients",
    clientsNote: "programs, printers, cameras",
    upstreams: "Upstreams",
    upstreamsNote: "mail servers of the world",
    queue: "Queue",
    mailboxes: "Mailboxes",
    inLastHour: "in the last hour",
    openNow: (number: number) => number === 0 ? "none open" : `${numbers.format(number)} open`,
    waiting: (number: number) => number === 0 ? "nothing waits" : `${count(number, "recipient")} waiting`,
    heldMessages: (number: number) => `${messages(number)} held`,
    cached: (number: number) => `${messages(number)} here`,
    phasesTitle: "Phase by phase",
    phasesNote: "Every session of every hop, cut into its three phases. Exact figures of the last hour.",
    chartTitle: "The last hour",
    chartNote: "Messages per minute",
    chartOut: "Mail out",
    chartIn: "Mail in",
    asNumbers: "As numbers",
    fiveMinutesFrom: "5 min from",
    newestTitle: "Newest sessions",
    allSessions: "All sessions",
    mailTo: (names: string) => `mail goes to ${names}`,
    mailFrom: (names: string) => `mail comes from ${names}`,
    noUpstream: "no upstream is set",
    noSource: "no source is set",
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
  },
  sessions: {
    title: "Sessions",
    one: (id: string) => `Session ${id}`,
    anyHop: "All hops",
    anyOutcome: "All outcomes",
    unfinished: "not completed",
    anyPhase: "Ended in any phase",
    filter: "Show",
    hop: "Hop",
    outcome: "Outcome",
    endedIn: "Ended in",
    none: "No session fits.",
    older: "Older sessions",
    newest: "Back to the newest",
    columns: {
      began: "Began",
      hop: "Hop",
      peer: "Peer",
      phases: "Phases",
      duration: "Took",
      octets: "In / out",
      messages: "Messages",
      outcome: "Outcome",
      session: "Session",
    },
    facts: {
      peer: "Peer",
      began: "Began",
      took: "Took",
      account: "Account",
      tls: "Encryption",
      localPort: "Our port",
      outcome: "Outcome",
      messages: "Messages",
    },
    inTheClear: "none, in the clear",
    notEnded: "has not ended yet",
    phasesTitle: "Phases",
    phasesNote: "Each bar is a phase on the session's own time; ticks are the client's commands.",
    transcriptTitle: "Transcript",
    transcriptNote: "C the client, S the server; milliseconds since the session began; secrets are taken out.",
    transcriptOpen: "The transcript can be read when the session has ended.",
    transcriptGone: "The transcript of this session is no longer kept.",
    transcriptEmpty: "Nothing was said.",
    linesDropped: (number: number) => `${count(number, "line")} from the middle were not kept.`,
    client: "client",
    server: "server",
    note: "note",
    ledTitle: "What it led to",
    nothing: "No message.",
    commands: (number: number) => count(number, "command"),
    refusals: (number: number) => `${numbers.format(number)} refused`,
    endedHere: "ended here",
  },
  queue: {
    title: "Queue",
    empty: "The queue is empty. Every message that was taken has been passed on.",
    summary: (recipients: number, held: number) =>
      recipients + held === 0
        ? "Nothing waits."
        : `${count(recipients, "recipient")} waiting${held > 0 ? `, ${messages(held)} held` : ""}.`,
    columns: {
      message: "Message",
      recipients: "Recipients",
      state: "State",
      next: "Next attempt",
      reply: "Last reply",
      actions: "Actions",
    },
    noSubject: "no subject",
    nullSender: "a bounce (no sender)",
    from: "from",
    attempts: (number: number) => number === 0 ? "not tried yet" : `tried ${number === 1 ? "once" : `${number} times`}`,
    now: "now",
    more: (number: number) => `and ${numbers.format(number)} more`,
    limited: (number: number) => `Shown are the ${numbers.format(number)} that are due first.`,
    actions: {
      retry: "Try now",
      hold: "Hold",
      release: "Release",
      remove: "Remove",
    },
    removeAsk: "It will not be delivered, and its sender is not told.",
    removeSure: "Remove it for good",
    acted: {
      retry: "It is tried now.",
      hold: "It is held until released.",
      release: "It is released and tried now.",
      remove: "It is removed.",
      none: "Nothing could be changed: it may have been delivered, or is being tried at this moment.",
    },
  },
  message: {
    title: (subject: string) => subject === "" ? "Message without a subject" : subject,
    facts: {
      id: "Id",
      from: "From",
      size: "Size",
      received: "Taken",
      fetched: "Fetched",
      account: "Account",
      client: "Client",
      messageId: "Message-ID",
      mailbox: "Mailbox",
    },
    journey: "Its journey",
    recipients: "Recipients",
    none: "none",
    took: (duration: string) => `took ${duration}`,
    session: (id: string) => `session ${id}`,
    columns: { address: "Address", state: "State", attempts: "Attempts", upstream: "By", reply: "Last reply" },
    gone: "There is no such message. Messages are forgotten some time after they are done.",
    sessionGone: "There is no such session. Sessions are forgotten after some time.",
  },
  journey: {
    received: (from: string, account: string | null) => `Taken from ${from}${account ? ` for ${account}` : ""}`,
    bounceMade: "Made here, to tell a sender that a message did not arrive",
    fetched: (source: string, account: string) => `Fetched from ${source} for ${account}`,
    read: "First read by a client",
    deletedByClient: "Deleted by a client; it can still be restored",
    done: "Done: every recipient has its answer",
    trying: "Being tried at this moment; else tried again then",
    nextAttempt: (recipients: number) => `Next attempt for ${count(recipients, "recipient")}`,
    held: (address: string) => `Held for ${address}`,
    removed: (address: string) => `Removed for ${address}`,
    attempt: {
      delivered: (upstream: string) => `Taken by ${upstream}`,
      deferred: (upstream: string) => `${upstream} did not take it yet`,
      refused: (upstream: string) => `${upstream} refused it`,
      unknown: (upstream: string) => `${upstream} gave no answer that we heard`,
      mixed: (upstream: string) => `${upstream} took it for some recipients`,
    },
    ledger: {
      "delete-sent": "Deletion asked for on the server",
      "delete-confirmed": "Deletion confirmed by the server",
      gone: "Gone from the server",
    },
  },
  mailboxes: {
    title: "Mailboxes",
    none: "No source is set, so there is nothing to fetch.",
    noneHint: "Name one in the settings: a table [account.source] with host, username and password.",
    keep: "Keep mode: mail stays on the server.",
    deleteAtOnce: "Delete mode: mail leaves the server as soon as it is stored here.",
    deleteAfter: (duration: string) => `Delete mode: mail leaves the server ${duration} after it is stored here.`,
    unnamed: "No longer in the settings: what was fetched is still served.",
    unread: (number: number) => `${numbers.format(number)} not read yet`,
    every: (duration: string) => `every ${duration}`,
    lastFetch: "Last fetch",
    nextFetch: "Next fetch",
    never: "not yet",
    pausedNext: "paused",
    ok: "went well",
    failed: (number: number) => number === 1 ? "failed once" : `failed ${number} times in a row`,
    paused: "Paused",
    ledger: "On the server",
    ledgerNone: "Nothing is known of the server yet.",
    fetchNow: "Fetch now",
    fetchAll: "Fetch all now",
    fetching: (number: number) => `${count(number, "source")} ${number === 1 ? "is" : "are"} being fetched.`,
    messagesHere: "here",
  },
  signIn: {
    title: "Sign in",
    name: "Name",
    password: "Password",
    go: "Sign in",
    wrong: "Name or password is wrong.",
    wait: (seconds: number) => `Too many attempts. Try again in ${count(seconds, "second")}.`,
  },
  setUp: {
    title: "Welcome to Waypost",
    intro: "Choose the name and password that will open this dashboard. The set-up code stands on Waypost's console.",
    code: "Set-up code",
    name: "Your name",
    password: "Password",
    passwordHint: (length: number) => `At least ${length} characters.`,
    again: "Password once more",
    go: "Start",
    wrongCode: "That is not the set-up code. It stands on Waypost's console and is new at each start.",
    short: (length: number) => `The password needs at least ${length} characters.`,
    differ: "The two passwords differ.",
    noName: "A name is needed: up to 64 characters, none of them a control character.",
  },
  errors: {
    title: "That did not work",
    notFound: "There is no such page.",
    host: (host: string) =>
      `The dashboard is not known by the name “${host}”. Use its address, or add the name to trusted_hosts in the settings.`,
    origin: "The request came from another site and was refused.",
    forbidden: "Only an owner may do that.",
    unauthorized: "Sign in first.",
    internal: "Something went wrong inside Waypost. The log says more.",
    back: "Back to the overview",
    busy: "Too many live views are open.",
    badInput: (problem: string) => `The request is not right: ${problem}`,
  },
  footer: { listens: "Listens on", services: { smtp: "SMTP", pop3: "POP3", dashboard: "dashboard" } },
} as const;
