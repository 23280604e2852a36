import { ConfigError } from "../core/host/config-error.ts";
import type { Environment } from "../core/host/deployed.ts";

/** Of the time for a dispatch: a mail server that hangs is given up first, so that the event comes again and its lease is given back. */
const TIME_SHARE = 0.8;
const DISPATCH_TIMEOUT_MS = 10_000;

/** Escaped as in any URL, an @ of a password as %40. Options of nodemailer's are none of the URL: one of them would log every mail. */
const SERVER = /^smtp(s?):\/\/(?:([^\s:@/?#]+):([^\s:@/?#]+)@)?([\w.-]+|\[[\da-f:.]+\])(?::(\d{1,5}))?\/?$/i;
const SERVER_RULE = "must be smtp://HOST:PORT or smtps://HOST:PORT, before the host USER:PASSWORD@ or nothing";
/** Message ids end with the domain: ASCII. */
const SENDER = /^(?:([^<>\r\n]*)<([^\s<>@]+@[a-z\d.-]+)>|([^\s<>@]+@[a-z\d.-]+))$/i;
const SENDER_RULE = "must be an address, or NAME <address>, its domain in ASCII";

export interface SmtpSettings {
  readonly host: string;
  /** Left out: 465 where the connection begins with TLS, else 587. */
  readonly port: number | undefined;
  /** Whether the connection begins with TLS. */
  readonly isTls: boolean;
  readonly user: { readonly user: string; readonly pass: string } | undefined;
  readonly from: { readonly name: string; readonly address: string };
  /** What ends each message id. */
  readonly domain: string;
  /** For one mail, everything included. */
  readonly timeoutMs: number;
}

/**
 * How mails go out.
 *
 * out     undefined where nothing is said of it: then nobody gets any
 * throws  ConfigError with each field's rule and never a value: one of them has a password in it
 */
export function parseSmtp(env: Environment): SmtpSettings | undefined {
  const { SMTP_URL: url = "", MAIL_FROM: from = "" } = env;
  if (url === "" && from === "") return undefined;
  const server = parseServer(url);
  const sender = parseSender(from);
  if (server && sender) {
    const timeoutMs = Math.ceil(Number(env.DISPATCH_TIMEOUT_MS ?? DISPATCH_TIMEOUT_MS) * TIME_SHARE);
    return { ...server, ...sender, timeoutMs };
  }
  const faults = [server ? [] : `SMTP_URL: ${SERVER_RULE}`, sender ? [] : `MAIL_FROM: ${SENDER_RULE}`];
  throw new ConfigError(faults.flat().join("\n"));
}

function parseServer(url: string) {
  const [, tls, user, pass, host, digits] = SERVER.exec(url) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || port === 0 || (port ?? 1) > 65_535) return undefined;
  const server = { host: host.replace(/^\[|\]$/g, ""), port, isTls: tls !== "", user: undefined };
  if (user === undefined || pass === undefined) return server;
  try {
    return { ...server, user: { user: decodeURIComponent(user), pass: decodeURIComponent(pass) } };
  } catch {
    return undefined;
  }
}

function parseSender(from: string) {
  const [, name = "", named, bare] = SENDER.exec(from.trim()) ?? [];
  const address = named ?? bare;
  if (address === undefined) return undefined;
  return { from: { name: name.trim(), address }, domain: address.slice(address.indexOf("@") + 1) };
}
