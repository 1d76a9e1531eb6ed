import { type Provider, unlimited } from "./profile.ts";

/** Any provider, and what servers of all kinds say. */
export const generic: Provider = {
  id: "generic",
  name: "Another provider",
  smtp: { host: null, hostHint: "the provider's help pages name it", port: 587, tls: "starttls" },
  pop3: null,
  auth: "password",
  login: "The login and the password that the provider gave.",
  limits: unlimited,
  replies: [
    // What Waypost itself says where no server answered.
    {
      pattern: /^(?:451 4\.4\.1 )?no connection/,
      meaning: "The server could not be reached, or went away",
      mending: "Nothing, if the line is down: it is tried again by itself. A test of the upstream says more",
    },
    {
      pattern: /^(?:451 4\.4\.2 )?timed out/,
      meaning: "The server did not answer in time",
      mending: "Nothing: it is tried again by itself. If it stays so, a test of the upstream says more",
    },
    {
      pattern: /^(?:451 4\.4\.2 )?answer unknown/,
      meaning: "The message was sent, but the line broke before the server answered: it may have arrived",
      mending: "Nothing: it is sent once more after a while, with the same Message-ID, by which doubles can be known",
    },
    {
      pattern: /^451 4\.7\.5 |^TLS failed|^the server does not offer STARTTLS/,
      meaning: "The connection could not be protected by TLS, so nothing was sent",
      mending: "A test of the upstream says why: the name, the certificate, or the way TLS begins",
    },
    {
      pattern: /^(?:451 4\.7\.0 )?as many (?:messages|recipients) as \w+_per_day allows/,
      meaning: "What the settings of the upstream allow in 24 hours is used up",
      mending: "Wait: it goes on by itself, hour by hour. Or raise the limit, or name another upstream in the route",
    },
    {
      pattern: /^(?:454 4\.7\.0 )?the server offers no/,
      meaning: "The server offers no login that Waypost knows",
      mending: "It may want OAuth, or TLS first: a test of the upstream shows what it offers",
    },
    {
      pattern: /^4\d\d .*(?:daily|per day|24.hour).*(?:quota|limit|exceed)/i,
      meaning: "The provider takes no more mail of this account today",
      mending:
        "Wait: it goes on by itself tomorrow. If it happens often, set messages_per_day or recipients_per_day below the provider's limit",
      limit: "rate",
    },
    {
      pattern: /^(?:421|4\d\d) .*too many (?:concurrent |simultaneous )?(?:SMTP )?(?:connections|sessions|threads)/i,
      meaning: "The provider takes fewer connections at a time than we open",
      mending: "Nothing: Waypost opens fewer by itself. If it happens often, lower max_connections",
      limit: "rate",
    },
    {
      pattern: /^4\d\d .*gr[ae]y.?list/i,
      meaning: "The recipient's server does not know us yet and takes mail at a second try only",
      mending: "Nothing: it is tried again by itself",
    },
    {
      pattern: /^4\d\d .*(?:rate limit|throttl|too (?:many|fast)|exceed.*(?:rate|messages)|slow down)/i,
      meaning: "The provider finds that we send too fast",
      mending: "Nothing: Waypost slows down by itself. If it happens often, set messages_per_minute",
      limit: "rate",
    },
    { pattern: /^421 /, ...busy(), limit: "rate" },
    { pattern: /^4\d\d 4\.(?:2\.1|3\.2|5\.3|7\.(?:0|1|28|50\d)) /, ...busy(), limit: "rate" },
    {
      pattern: /^(?:53[045]|454) .*(?:app(?:lication)?[- ]specific|app password)/i,
      meaning: "The provider wants a password that was made for programs, not that of the account",
      mending: "Make an app password in the provider's security settings and give it to the upstream",
    },
    {
      pattern: /^53[45] /,
      meaning: "The provider does not accept the login or the password",
      mending: 'Check username and password; set a new one with "waypost upstream password NAME"',
    },
    {
      pattern: /^530 /,
      meaning: "The provider wants a login before it takes mail",
      mending: "Give the upstream a username and a password",
    },
    {
      pattern:
        /^(?:550|553|554) .*(?:relay(?:ing)? (?:access )?(?:denied|not permitted|disallowed)|not allowed to relay)/i,
      meaning: "The server does not pass on mail for us",
      mending: "Give the upstream a username and a password, or ask the provider which server is meant for sending",
    },
    {
      pattern:
        /^(?:55[0-4]) .*(?:sender|from).*(?:not (?:allowed|owned|authori[sz]ed|permitted|verified)|reject|mismatch)/i,
      meaning: "The provider does not let this account send with this sender's address",
      mending: "Register the address with the provider, or list what it allows in senders of the upstream",
    },
    {
      pattern: /^55[024] .*(?:spam|blocked|blacklist|black list|block list|reputation|listed (?:in|at|on))/i,
      meaning: "The receiving side takes the message, or our address, for unwanted mail",
      mending: "Send by the provider's own server; if it did, ask the provider why the message was refused",
    },
    {
      pattern: /^(?:552|554|5\d\d 5\.(?:2\.3|3\.4)) .*(?:size|large|big)/i,
      meaning: "The message is larger than the server takes",
      mending: "Send it in smaller parts, or share the file by a link",
    },
  ],
};

function busy() {
  return {
    meaning: "The provider is busy or wants us to wait",
    mending: "Nothing: Waypost slows down and tries again by itself",
  };
}
