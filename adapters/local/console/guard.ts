import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

interface GuardOptions {
  /** Of the address: whoever does not know it sees nothing. */
  readonly token: string;
  /** Where the console listens. */
  readonly port: number;
}

/** What may come in: where it goes, below the token. */
export interface Admitted {
  readonly path: string;
  readonly query: URLSearchParams;
}

/** What may not. */
export interface Refused {
  readonly status: 403 | 404 | 405 | 415;
  readonly headers?: Readonly<Record<string, string>>;
}

type Request = Pick<IncomingMessage, "method" | "url" | "headers">;

const METHODS = ["GET", "HEAD", "POST"];

/**
 * Keeps other pages of the browser out, and names of other machines that lead here. A page elsewhere can send requests to any port of
 * this machine, but it does not know the token, does not choose Host, Origin and Sec-Fetch-Site, and cannot send JSON unasked.
 *
 * source  Fetch, "CORS-safelisted request-header"; Fetch Metadata, "Sec-Fetch-Site"
 */
export function createGuard({ token, port }: GuardOptions): (request: Request) => Admitted | Refused {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  return ({ method = "", url = "", headers }) => {
    const { host = "", origin } = headers;
    if (!hosts.includes(host)) return { status: 403 };
    if (origin !== undefined && origin !== `http://${host}`) return { status: 403 };
    const mark = url.indexOf("?");
    // As it stands: nothing in it is resolved, as ".." would be.
    const [root, given = "", ...below] = (mark < 0 ? url : url.slice(0, mark)).split("/");
    const path = below.join("/");
    if (isForeign(headers, path)) return { status: 403 };
    if (root !== "" || below.length === 0 || !isSame(given, token)) return { status: 404 };
    if (!METHODS.includes(method)) return { status: 405, headers: { allow: METHODS.join(", ") } };
    if (method === "POST" && !isJson(headers["content-type"])) return { status: 415 };
    return { path, query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) };
  };
}

/** A link elsewhere may open our page: whoever has it there reads nothing of it. */
function isForeign(headers: Request["headers"], path: string): boolean {
  const site = headers["sec-fetch-site"] ?? "none";
  if (site === "same-origin" || site === "none") return false;
  return path !== "" || headers["sec-fetch-mode"] !== "navigate" || headers["sec-fetch-dest"] !== "document";
}

/** In a time that does not tell how much of it is right. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

const isJson = (type = ""): boolean => type.split(";", 1)[0]?.trim().toLowerCase() === "application/json";

/** Headers of every answer: nothing is loaded but what the console serves, and no script runs that stands in a page. */
export const GUARDING = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pictures of a story are made in the page.
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // The address is a secret; no-referrer would make an Origin of null.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;
