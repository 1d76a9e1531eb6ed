/* What pages and API show of what is in a message: sizes are octets. */

/** What is in a message, as far as it is here and may be seen. */
export interface LetterModel {
  /** "here"; "gone": nothing of it is kept; "closed": it is not for who looks. */
  readonly state: "here" | "gone" | "closed";
  /** The fields of the header that people read, decoded, in their order. */
  readonly fields: readonly { readonly name: LetterField; readonly value: string }[];
  /** Its plain text; null: it has none. */
  readonly text: string | null;
  /** There is more of the text than is shown. */
  readonly isTextCut: boolean;
  readonly hasHtml: boolean;
  /** Everything that it is made of, but for what is shown as its text. */
  readonly attachments: readonly LetterPart[];
  /** It has more parts than are listed. */
  readonly hasMore: boolean;
}

/** A field that is shown. */
export type LetterField = "from" | "reply-to" | "to" | "cc" | "date" | "subject";

/** A part that can be downloaded. */
export interface LetterPart {
  /** Its number, by which it is asked for. */
  readonly number: number;
  /** As its sender named it, made safe for a file; never empty. */
  readonly name: string;
  readonly type: string;
  readonly octets: number;
  /** A picture of the HTML. */
  readonly isInline: boolean;
}

/** HTML made safe, and what was found in it. */
export interface SafeHtml {
  readonly html: string;
  readonly links: readonly { readonly text: string; readonly target: string }[];
  /** Pictures and the like that would have been loaded from elsewhere. */
  readonly blocked: number;
}

/** What is in a message, for its page. */
export interface LetterView extends LetterModel, Pick<SafeHtml, "links" | "blocked"> {}
