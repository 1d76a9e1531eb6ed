import { type KnownReply, type Provider, unlimited } from "./profile.ts";

/** What both of Microsoft's services say. */
const replies: readonly KnownReply[] = [
  {
    pattern: /5\.7\.139 .*basic authentication is disabled|5\.7\.139 .*(?:does not meet|user credentials)/i,
    meaning: "Microsoft has switched basic login (user name and password) off for this account",
    mending: "Sign in with OAuth, or send by another upstream until this one has it",
  },
  {
    pattern: /(?:5\.7\.139|5\.7\.57) .*SmtpClientAuthentication is disabled/i,
    meaning: "Logging in to send mail is switched off for this mailbox or for the whole organisation",
    mending:
      'Let the administrator allow "Authenticated SMTP" for the mailbox (Microsoft 365 admin center, Mail, Manage email apps)',
  },
  {
    pattern: /^535 5\.7\.3 /,
    meaning: "Microsoft does not accept the login or the password",
    mending: "Check username and password. Where two-step verification is on, an app password is needed",
  },
  {
    pattern: /5\.7\.60 .*SendAsDenied|client does not have permissions to send as this sender/i,
    meaning: "The mailbox that we log in to may not send with this sender's address",
    mending:
      'Give the mailbox "Send as" for the address in the Exchange admin center, or list only its own addresses in senders',
  },
  {
    pattern: /^432 4\.3\.2 |concurrent connections? limit exceeded|sender thread limit exceeded/i,
    meaning:
      "Microsoft takes three connections of a mailbox at a time, and we, or other programs with the same login, had more",
    mending:
      "Nothing: Waypost opens fewer by itself. Give other programs a mailbox of their own, or lower max_connections",
    limit: "rate",
  },
  {
    pattern: /5\.2\.0 .*(?:SubmissionQuotaExceeded|recipient(?:s)? (?:rate )?limit)|5\.1\.90 /i,
    meaning: "The mailbox has sent to as many recipients as Microsoft allows in 24 hours",
    mending: "Wait until tomorrow. For more mail than that, Microsoft asks for a service for bulk mail",
    limit: "quota",
  },
  {
    pattern: /5\.7\.70[58] /,
    meaning: "Microsoft has stopped the organisation's mail: it was too much at once, or looked like spam",
    mending: "Let the administrator look at the outbound limits and alerts in the Microsoft Defender portal",
    limit: "quota",
  },
  {
    pattern: /5\.2\.2 .*(?:mailbox full|QuotaExceeded)/i,
    meaning: "The sending mailbox is full: Microsoft keeps a copy of all that is sent in its Sent Items folder",
    mending: "Empty the Sent Items folder of the mailbox, or give it a retention policy",
  },
  {
    pattern: /^4\d\d 4\.7\.\d+ |server busy/i,
    meaning: "Microsoft asks us to send more slowly for a while",
    mending: "Nothing: Waypost slows down by itself",
    limit: "rate",
  },
];

export const microsoft365: Provider = {
  id: "microsoft365",
  name: "Microsoft 365",
  smtp: { host: "smtp.office365.com", port: 587, tls: "starttls" },
  pop3: {
    host: "outlook.office365.com",
    port: 995,
    tls: "implicit",
    quirks: [
      "Only logins by OAuth are taken; a password is refused even where it is right.",
      "The administrator can switch POP off for a mailbox.",
    ],
  },
  auth: "oauth",
  login: "The mailbox's address. Sending with a password works only where the administrator still allows it " +
    '("Authenticated SMTP"); Microsoft is switching it off.',
  limits: {
    connections: 3,
    messagesPerMinute: 30,
    messagesPerDay: null,
    recipientsPerDay: 10_000,
    recipientsPerMessage: 500,
    messagesPerConnection: null,
    messageSize: 36_700_160,
  },
  replies,
};

export const outlookCom: Provider = {
  id: "outlook.com",
  name: "Outlook.com",
  smtp: { host: "smtp-mail.outlook.com", port: 587, tls: "starttls" },
  pop3: {
    host: "outlook.office365.com",
    port: 995,
    tls: "implicit",
    quirks: [
      "POP has to be allowed first: Settings, Mail, Forwarding and IMAP.",
      "Only logins by OAuth are taken.",
      "By the same settings Outlook.com may keep programs from deleting by POP and move messages to a folder instead.",
    ],
  },
  auth: "oauth",
  login: "The whole address. Microsoft takes logins by OAuth; passwords of accounts and app passwords are refused.",
  limits: { ...unlimited, connections: 3, messagesPerMinute: 30, messagesPerDay: 300, recipientsPerMessage: 100 },
  replies,
};
