import { createTransport } from "nodemailer";
import type { Customer } from "../../functions/events/schema.ts";
import type { SmtpSettings } from "./smtp-settings.ts";

interface Mail {
  readonly messageId: string;
  readonly to: Customer;
  readonly subject: string;
}

/** What nodemailer's errors say beside their message, which has what the server said: addresses, names of users. */
interface Answered {
  readonly code?: string;
  readonly originalCode?: string;
  readonly command?: string;
  readonly responseCode?: number;
}

/** They concern the recipient or the mail. All before them are about who sends: a setting, and what is wrong there is set right. */
const OF_THE_MAIL = ["RCPT TO", "DATA"];
/** Wants to know first who sends, whatever it was asked. RFC 4954, section 6; 503 of servers that say so in their own way. */
const WANTS_LOGIN = [503, 530, 534, 535, 538];

/**
 * Sends one mail on a connection of its own. None is kept: between two invocations of a Lambda function it would go stale unseen, and
 * what is written to it then is sent or not, nobody knows; and a process with none can end at any time. What it costs, a few round
 * trips a mail, is little beside what servers let one sender send.
 *
 * out     why it can never be sent, without anything of the mail; undefined: the server has it
 * throws  Error when it was not sent, or nobody knows
 */
export async function sendBySmtp(
  { messageId, to, subject }: Mail,
  settings: SmtpSettings,
): Promise<string | undefined> {
  const { host, port, isTls, user, from, timeoutMs } = settings;
  const most = 2 * timeoutMs;
  const transport = createTransport({
    host,
    ...(port === undefined ? {} : { port }),
    secure: isTls,
    // Or whoever stands between could hide that the server knows TLS, and read the password. Whose certificates are trusted is not
    // told here: NODE_EXTRA_CA_CERTS adds one to Node's.
    ...(user ? { auth: user, requireTLS: true } : {}),
    // A backstop each: what all together may take is the signal's, which ends them before.
    ...{ dnsTimeout: most, connectionTimeout: most, greetingTimeout: most, socketTimeout: most },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      messageId,
      from,
      // As an object: in a text, a name could hold another address.
      to: { name: to.name.replaceAll(/[\s\p{Cc}]+/gu, " "), address: to.email },
      subject,
      text: subject,
      // Or who is away answers. RFC 3834, section 5
      headers: { "Auto-Submitted": "auto-generated" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    return undefined;
  } catch (error) {
    const { code, originalCode, command, responseCode } = error as Answered;
    if (code === "EABORT") throw new Error(`mail: must be sent within ${timeoutMs} ms, was not`);
    const got = [responseCode ?? originalCode ?? code, command].filter((part) => part !== undefined).join(" to ");
    if (isOfTheMail(error as Answered)) return got;
    throw new Error(`mail: must be sent, got ${got}`);
  }
}

const isOfTheMail = ({ command = "", responseCode = 0 }: Answered): boolean =>
  OF_THE_MAIL.includes(command) && responseCode >= 500 && !WANTS_LOGIN.includes(responseCode);
