import { BUSY_DOMAIN, UNKNOWN_DOMAIN } from "./sink.ts";

/** A client of the LAN and what it sends. */
interface Sample {
  readonly helo: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** Octets of an attachment. */
  readonly attachment?: number;
}

/** A message, ready to be sent. */
export interface SampleMessage {
  readonly helo: string;
  readonly reversePath: string;
  readonly recipient: string;
  readonly octets: Uint8Array;
}

/** What a small office sends: the round that the demo repeats. */
const SAMPLES: readonly Sample[] = [
  {
    helo: "scanner",
    from: "scanner@demo.example",
    to: "office@partner.example",
    subject: "Scan of invoice 2026-117",
    text: "The scan is attached.",
    attachment: 180_000,
  },
  {
    helo: "alices-laptop",
    from: "alice@demo.example",
    to: "carol@partner.example",
    subject: "Lunch on Thursday?",
    text: "Hello Carol,\r\n\r\nhow about the place by the river?\r\n\r\nAlice",
  },
  {
    helo: "camera-yard",
    from: "camera@demo.example",
    to: "guard@demo.example",
    subject: "Movement in the yard",
    text: "Something moved at the gate.",
    attachment: 60_000,
  },
  {
    helo: "bobs-phone",
    from: "bob@demo.example",
    to: `dave@${BUSY_DOMAIN}`,
    subject: "Delivery note",
    text: "Dear Dave,\r\n\r\nthe parts left today.\r\n\r\nBob",
  },
  {
    helo: "nas",
    from: "nas@demo.example",
    to: "alice@demo.example",
    subject: "Backup finished",
    text: "3 volumes, 412 GB, no errors.",
  },
  {
    helo: "alices-laptop",
    from: "alice@demo.example",
    to: `typo@${UNKNOWN_DOMAIN}`,
    subject: "To an address with a slip of the pen",
    text: "This one comes back.",
  },
  {
    helo: "printer",
    from: "printer@demo.example",
    to: "office@demo.example",
    subject: "Toner is low",
    text: "Cyan: 7 %.",
  },
];

/** The message number `n` of the demo, from 0; the samples go round. */
export function sampleMessage(n: number, now: number): SampleMessage {
  const sample = SAMPLES[n % SAMPLES.length]!;
  return {
    helo: sample.helo,
    reversePath: sample.from,
    recipient: sample.to,
    octets: Buffer.from(compose(sample, n, now)),
  };
}

/** A message that arrives at the source, for one of the accounts. */
export function arrivingMessage(n: number, to: string, now: number): Uint8Array {
  const sample = SAMPLES[n % SAMPLES.length]!;
  return Buffer.from(compose({ ...sample, from: sample.to, to, subject: `Re: ${sample.subject}` }, n, now));
}

function compose({ from, to, subject, text, attachment }: Sample, n: number, now: number): string {
  const boundary = `demo-${n}`;
  const header = [
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: ${subject}`,
    `Date: ${new Date(now).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${now.toString(36)}.${n}@demo.example>`,
    "MIME-Version: 1.0",
  ];
  if (attachment === undefined) {
    return [...header, "Content-Type: text/plain; charset=utf-8", "", text, ""].join("\r\n");
  }
  return [
    ...header,
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    "",
    `--${boundary}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    text,
    `--${boundary}`,
    'Content-Type: image/jpeg; name="picture.jpg"',
    "Content-Transfer-Encoding: base64",
    "",
    base64Lines(attachment),
    `--${boundary}--`,
    "",
  ].join("\r\n");
}

function base64Lines(octets: number): string {
  const line = Buffer.alloc(57, "waypost").toString("base64");
  return Array.from({ length: Math.ceil(octets / 78) }, () => line).join("\r\n");
}
