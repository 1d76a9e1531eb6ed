import { type KnownReply, type Provider, unlimited } from "./profile.ts";

/** A refused login where the password of the account never works. */
function needsAppPassword(name: string, where: string): KnownReply {
  return {
    pattern: /^(?:53[45]|535 5\.7\.8|534 5\.7\.9) |authentication failed|invalid credentials|\[AUTH\]/i,
    meaning: `${name} does not accept the login: it takes app passwords only, not the password of the account`,
    mending: `Make an app password (${where}) and give it to Waypost`,
  };
}

export const gmail: Provider = {
  id: "gmail",
  name: "Gmail",
  smtp: { host: "smtp.gmail.com", port: 587, tls: "starttls" },
  pop3: {
    host: "pop.gmail.com",
    port: 995,
    tls: "implicit",
    quirks: [
      "POP has to be allowed first: Settings, Forwarding and POP/IMAP.",
      "What becomes of a message that was fetched or deleted by POP is decided there too, not by the program.",
      "A message that one program has fetched is not shown to the next, unless the login begins with recent: (the last 30 days).",
      "At most some hundred messages are listed at a time: a large mailbox takes several polls.",
      "At most 1250 MB a day can be fetched.",
    ],
    hidesMessages: true,
    recentPrefix: "recent:",
    fetching: { messagesPerDay: null, sizePerDay: 1_250_000_000 },
  },
  auth: "app-password",
  login:
    "The whole address, and an app password of 16 letters (Google account, Security, 2-Step Verification, App passwords).",
  // A private account; Workspace allows 2,000 a day.
  limits: {
    connections: 5,
    messagesPerMinute: null,
    messagesPerDay: 500,
    recipientsPerDay: null,
    recipientsPerMessage: 100,
    messagesPerConnection: 100,
    messageSize: 35_882_577,
  },
  replies: [
    {
      pattern: /5\.7\.9 .*application-specific password|application-specific password required/i,
      meaning: "Google wants an app password: the account's own password is not taken from programs",
      mending:
        "Switch 2-Step Verification on, make an app password at myaccount.google.com/apppasswords, and give it to Waypost",
    },
    {
      pattern: /5\.7\.8 |username and password not accepted|\[AUTH\].*(?:web login|username and password)/i,
      meaning:
        "Google does not accept the login: the app password is wrong, or was withdrawn when the account's password changed",
      mending: "Make a new app password at myaccount.google.com/apppasswords and give it to Waypost",
    },
    {
      pattern: /(?:550|454|421) \d\.(?:4\.5|7\.0|7\.28) .*(?:daily|limit)/i,
      meaning: "The account has sent as much as Google allows in 24 hours",
      mending: "Wait: Google lifts it within a day. Private accounts have 500 messages a day, Workspace 2,000",
      limit: "quota",
    },
    {
      pattern: /^(?:421|454) 4\.7\.0 .*(?:too many login attempts|try again later|temporary system problem)/i,
      meaning: "Google wants fewer logins or less mail at a time",
      mending: "Nothing: Waypost slows down by itself",
      limit: "rate",
    },
    {
      pattern: /^550 5\.7\.(?:1|26|27|29) .*(?:unauthenticated|SPF|DKIM|DMARC)/i,
      meaning: "The receiving server could not see that the sender's domain allows this way of sending",
      mending: "Send addresses of that domain by its own provider, or add Google to the domain's SPF and DKIM records",
    },
  ],
};

export const yahoo: Provider = {
  id: "yahoo",
  name: "Yahoo Mail",
  smtp: { host: "smtp.mail.yahoo.com", port: 465, tls: "implicit" },
  pop3: {
    host: "pop.mail.yahoo.com",
    port: 995,
    tls: "implicit",
    quirks: ["Only an app password is taken, not that of the account."],
  },
  auth: "app-password",
  login: "The whole address, and an app password (Account info, Security, Generate app password).",
  limits: { ...unlimited, connections: 5, messagesPerDay: 500, recipientsPerMessage: 100, messagesPerConnection: 20 },
  replies: [
    needsAppPassword("Yahoo", "Account info, Security, Generate app password"),
    {
      pattern: /^(?:421|45\d) .*(?:TSS?\d+|deferred|user complaints|unexpected volume)/i,
      meaning: "Yahoo puts our mail off: too much at once, or complaints about it",
      mending: "Nothing: Waypost slows down by itself. If it stays so, look at what is sent",
      limit: "rate",
    },
  ],
};

export const icloud: Provider = {
  id: "icloud",
  name: "iCloud Mail",
  smtp: { host: "smtp.mail.me.com", port: 587, tls: "starttls" },
  pop3: null,
  auth: "app-password",
  login: "The whole iCloud address, and an app-specific password (account.apple.com, Sign-In and Security).",
  limits: {
    ...unlimited,
    connections: 3,
    messagesPerDay: 1000,
    recipientsPerDay: 1000,
    recipientsPerMessage: 500,
    messageSize: 20_971_520,
  },
  replies: [
    needsAppPassword("Apple", "account.apple.com, Sign-In and Security, App-Specific Passwords"),
    {
      pattern: /^5\d\d .*(?:from address|sender).*(?:not one of your|not allowed|invalid)/i,
      meaning: "iCloud only sends with addresses and aliases of the account that logs in",
      mending: "List the account's own addresses in senders, or add the address to iCloud as an alias or custom domain",
    },
  ],
};

export const fastmail: Provider = {
  id: "fastmail",
  name: "Fastmail",
  smtp: { host: "smtp.fastmail.com", port: 465, tls: "implicit" },
  pop3: {
    host: "pop.fastmail.com",
    port: 995,
    tls: "implicit",
    quirks: [
      "Only an app password is taken, not that of the account.",
      "The inbox alone is served; NAME+FOLDER@fastmail.com as login serves another folder.",
    ],
  },
  auth: "app-password",
  login: "The whole address, and an app password (Settings, Privacy & Security).",
  limits: unlimited,
  replies: [
    needsAppPassword("Fastmail", "Settings, Privacy & Security, Manage app passwords"),
    {
      pattern: /^5\d\d 5\.7\.1 .*(?:from|sender).*(?:not allowed|not authori[sz]ed|own)/i,
      meaning: "Fastmail only sends with addresses that the account knows as its own",
      mending: "Add the address as a sending identity in Fastmail's settings, or list what it allows in senders",
    },
  ],
};

export const gmx: Provider = {
  id: "gmx",
  name: "GMX",
  smtp: { host: "mail.gmx.net", hostHint: "mail.gmx.com for addresses of gmx.com", port: 587, tls: "starttls" },
  pop3: {
    host: "pop.gmx.net",
    port: 995,
    tls: "implicit",
    quirks: [
      "POP has to be allowed first: Settings, POP3/IMAP; GMX switches it off again when it is not used for long.",
      "Addresses of gmx.com have the server pop.gmx.com.",
    ],
  },
  auth: "password",
  login: "The whole address and the account's password; with two-factor login on, an app password.",
  limits: unlimited,
  replies: [
    {
      pattern: /^53[45] |authentication (?:credentials invalid|failed)|POP3.*(?:disabled|deaktiviert)/i,
      meaning: "GMX does not accept the login: the password is wrong, or access by programs is switched off",
      mending:
        "Allow POP3/IMAP in GMX's settings, which sending needs too; with two-factor login on, make an app password",
    },
    {
      pattern: /^550 .*(?:sender address is not allowed|from-header does not match)/i,
      meaning: "GMX only sends with addresses of the account that logs in",
      mending: "List the account's own addresses in senders of the upstream",
    },
    {
      pattern: /^(?:421|45\d) .*(?:too many|rate limit|abuse)/i,
      meaning: "GMX wants less mail at a time",
      mending: "Nothing: Waypost slows down by itself",
      limit: "rate",
    },
  ],
};

export const zoho: Provider = {
  id: "zoho",
  name: "Zoho Mail",
  smtp: {
    host: "smtp.zoho.com",
    hostHint: "smtppro.zoho.com for domains of an organisation; .eu, .in and the like by the account's region",
    port: 465,
    tls: "implicit",
  },
  pop3: {
    host: "pop.zoho.com",
    port: 995,
    tls: "implicit",
    quirks: [
      "POP has to be allowed first: Settings, Mail accounts, POP.",
      "Organisations have poppro.zoho.com; the ending follows the account's region (.eu, .in).",
    ],
  },
  auth: "password",
  login: "The whole address and the account's password; with two-factor login on, an app-specific password.",
  limits: unlimited,
  replies: [
    {
      pattern: /^535 /,
      meaning: "Zoho does not accept the login",
      mending: "Check the server for the account's region; with two-factor login on, make an app-specific password",
    },
    {
      pattern: /^55[23] .*relaying disallowed/i,
      meaning: "Zoho only sends with addresses and aliases of the account that logs in",
      mending: "List the account's own addresses in senders, or add the address as an alias at Zoho",
    },
    {
      pattern: /^550 5\.4\.6 |unusual sending activity/i,
      meaning: "Zoho has stopped the account's sending because it looked unusual",
      mending: "Sign in at Zoho's web mail, where it can be unblocked (mail.zoho.com/UnblockMe)",
      limit: "quota",
    },
  ],
};
