import { fastmail, gmail, gmx, icloud, yahoo, zoho } from "./providers/mailboxes.ts";
import { microsoft365, outlookCom } from "./providers/microsoft.ts";
import { generic } from "./providers/generic.ts";
import type { KnownReply, Provider } from "./providers/profile.ts";
import { amazonSes, brevo, mailgun, sendgrid } from "./providers/services.ts";

export type {
  FetchingLimits,
  KnownReply,
  Pop3Service,
  Provider,
  SendingLimits,
  SmtpService,
} from "./providers/profile.ts";

/** Every provider that is known, the generic one last. */
export const providers: readonly Provider[] = [
  gmail,
  microsoft365,
  outlookCom,
  yahoo,
  icloud,
  fastmail,
  gmx,
  zoho,
  amazonSes,
  mailgun,
  sendgrid,
  brevo,
  generic,
];

/** The provider with an id; undefined: there is none. */
export function providerById(id: string | undefined): Provider | undefined {
  return id === undefined ? undefined : providers.find((provider) => provider.id === id);
}

/** The provider whose server has this name, or undefined. */
export function providerByHost(host: string): Provider | undefined {
  const name = host.toLowerCase();
  return providers.find(({ smtp, pop3 }) => smtp.host === name || pop3?.host === name);
}

/** The provider that an upstream or source names, else the one whose server it uses, else the generic one. */
export function providerOf({ provider, host }: { readonly provider?: string | undefined; readonly host: string }) {
  return providerById(provider) ?? providerByHost(host) ?? generic;
}

/** What a reply means, by what its provider is known to say, else by what servers say in general; null: not known. */
export function explainReply(provider: Provider, text: string): KnownReply | null {
  const found = [...provider.replies, ...generic.replies].find(({ pattern }) => pattern.test(text));
  return found ?? null;
}
