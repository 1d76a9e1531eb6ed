/** Texts of what is in a message. */
import { count, numbers } from "./words.ts";

export const letter = {
  title: "The message itself",
  gone: "What is in this message is no longer here: it was passed on, sent back or removed.",
  goneHint:
    "How long delivered messages are kept is queue.keep_delivered in the settings; from then on new ones can be read here.",
  closed: "What is in letters is for owners, and for those whose mail it is.",
  noHtml: "The message has no HTML.",
  noAttachment: "The message has no such part.",
  fields: { from: "From", "reply-to": "Reply to", to: "To", cc: "Copy", date: "Date", subject: "Subject" },
  views: "How the message is shown",
  html: "As it looks",
  text: "As plain text",
  frame: "The message as it looks. Nothing in it can run, and nothing is loaded from elsewhere.",
  frameNote: "Nothing in it can run, and pictures from elsewhere are not loaded. Links open in a new window.",
  noText: "The message has no text.",
  cut: "Only the beginning of the text is shown: download the message for the rest.",
  attachments: "Attachments",
  inline: "a picture within the message",
  hasMore: "The message has more parts than are listed: download it for the rest.",
  source: "Source",
  sourcePart: (number: number) => `Source, part ${numbers.format(number)}`,
  download: "Download",
  links: (number: number) => `${count(number, "link")}: where ${number === 1 ? "it leads" : "they lead"}`,
  blocked: (number: number) =>
    `${count(number, "picture or other part", "pictures and other parts")} from elsewhere ${
      number === 1 ? "is" : "are"
    } not loaded.`,
} as const;
