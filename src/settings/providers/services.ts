import { type Provider, unlimited } from "./profile.ts";

export const amazonSes: Provider = {
  id: "amazon-ses",
  name: "Amazon SES",
  smtp: {
    host: null,
    hostHint: "email-smtp.REGION.amazonaws.com, such as email-smtp.eu-central-1.amazonaws.com",
    port: 587,
    tls: "starttls",
  },
  pop3: null,
  auth: "key",
  login:
    'SMTP credentials made in the console of SES ("SMTP settings"); they belong to one region and are not the keys of AWS.',
  limits: { ...unlimited, recipientsPerMessage: 50, messageSize: 41_943_040 },
  replies: [
    {
      pattern: /^454 .*maximum sending rate exceeded/i,
      meaning: "More messages came in a second than SES allows this account",
      mending:
        "Nothing: Waypost slows down by itself. If it happens often, set messages_per_minute or ask AWS for a higher rate",
      limit: "rate",
    },
    {
      pattern: /^454 .*daily message quota exceeded/i,
      meaning: "The account has sent as many messages as SES allows in 24 hours",
      mending: "Wait until tomorrow, or ask AWS for a higher quota. A new account (sandbox) has 200 a day",
      limit: "quota",
    },
    {
      pattern: /^554 .*(?:email address|identit(?:y|ies)).*not verified/i,
      meaning: "SES knows the sender's address, or in the sandbox the recipient's, not as verified in this region",
      mending:
        "Verify the address or its domain in the console of SES, in the region of this upstream; leave the sandbox",
    },
    {
      pattern: /^535 /,
      meaning: "SES does not accept the credentials",
      mending: "Make SMTP credentials in the console of SES for this region: the keys of AWS themselves do not work",
    },
    {
      pattern: /^(?:554|554 5\.\S+) .*(?:account|sending).*(?:paused|suspended)/i,
      meaning: "AWS has stopped the account's mail, mostly for bounces or complaints",
      mending: "Look at the reputation page in the console of SES and answer AWS's message",
      limit: "quota",
    },
  ],
};

export const mailgun: Provider = {
  id: "mailgun",
  name: "Mailgun",
  smtp: {
    host: "smtp.mailgun.org",
    hostHint: "smtp.eu.mailgun.org for domains of the EU region",
    port: 587,
    tls: "starttls",
  },
  pop3: null,
  auth: "key",
  login:
    "The SMTP credentials of the sending domain, such as postmaster@mg.example.net; the key of the API does not work.",
  limits: { ...unlimited, recipientsPerMessage: 1000, messageSize: 26_214_400 },
  replies: [
    {
      pattern: /^535 /,
      meaning: "Mailgun does not accept the credentials",
      mending: 'Use the SMTP credentials of the domain; for a domain of the EU region set host = "smtp.eu.mailgun.org"',
    },
    {
      pattern: /sandbox (?:sub)?domain|free accounts are for test purposes/i,
      meaning: "A sandbox domain of Mailgun only sends to recipients that were authorised there",
      mending: "Add the recipient as authorised, or verify a domain of your own at Mailgun",
    },
    {
      pattern: /domain .*(?:is not allowed to send|disabled|not verified|unverified)/i,
      meaning: "Mailgun does not let this domain send (yet)",
      mending: "Finish the domain's verification at Mailgun, or ask its support why it was stopped",
    },
  ],
};

export const sendgrid: Provider = {
  id: "sendgrid",
  name: "Twilio SendGrid",
  smtp: { host: "smtp.sendgrid.net", port: 587, tls: "starttls" },
  pop3: null,
  auth: "key",
  login: 'The word "apikey" as user name, for every account, and as password an API key that may send mail.',
  limits: {
    ...unlimited,
    recipientsPerMessage: 1000,
    messagesPerConnection: 5000,
    messageSize: 31_457_280,
  },
  replies: [
    {
      pattern: /^550 .*from address does not match a verified sender/i,
      meaning: "SendGrid does not know the sender's address as one of yours",
      mending: "Verify the address (Single Sender) or better its domain (Domain Authentication) at SendGrid",
    },
    {
      pattern: /^(?:451|550) .*maximum credits exceeded/i,
      meaning: "The plan's messages are used up",
      mending: "Wait for the next period, or take a larger plan at SendGrid",
      limit: "quota",
    },
    {
      pattern: /^535 |bad username \/ password|api key .*(?:invalid|revoked)/i,
      meaning: "SendGrid does not accept the key",
      mending:
        'The user name must be the word "apikey"; make a key with the right "Mail Send" and give it as the password',
    },
  ],
};

export const brevo: Provider = {
  id: "brevo",
  name: "Brevo",
  smtp: { host: "smtp-relay.brevo.com", port: 587, tls: "starttls" },
  pop3: null,
  auth: "key",
  login:
    'The SMTP login of the page "SMTP & API" and as password an SMTP key made there; the key of the API does not work.',
  // The free plan; who has another sets the limit.
  limits: { ...unlimited, messagesPerDay: 300 },
  replies: [
    {
      pattern: /unauthori[sz]ed ip/i,
      meaning: "Brevo takes mail of this account only from addresses that are listed there, and ours is not",
      mending: "Add this line's public address to the authorised IPs at Brevo, or switch that check off for SMTP",
    },
    {
      pattern: /^(?:502|535) /,
      meaning: "Brevo does not accept the login",
      mending: "Use an SMTP key, not the password of the account; a new account has to be activated for sending first",
    },
    {
      pattern: /sender .*(?:not valid|invalid|not verified|rejected)/i,
      meaning: "Brevo does not know the sender's address as one of yours",
      mending: "Add and verify the sender or its domain at Brevo",
    },
    {
      pattern: /(?:daily|plan) .*(?:limit|quota|credits)/i,
      meaning: "The plan's messages of today are used up",
      mending: "Wait until tomorrow, or take a larger plan at Brevo and set messages_per_day",
      limit: "quota",
    },
  ],
};
