import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Request, Response } from "@google-cloud/functions-framework";
import type { Message } from "../core/event/decode.ts";
import { HTTP_HEADERS } from "../core/event/header-value.ts";
import { createBodyReader } from "../core/host/read-body.ts";

/** Shorter than the 10 s after which Cloud Run kills an instance. */
const GRACE_MS = 9_000;
/** Pub/Sub's most, 10 MB, in the base64 of a push, with room for what is around it. */
const MOST_BYTES = 16 * 1024 * 1024;
const SIGNALS = ["SIGTERM", "SIGINT"] as const;

interface Start {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

/** What a request said of itself before it was tamed. */
interface Before {
  readonly url: string;
  readonly length: string | undefined;
  readonly isChunked: boolean;
}

const befores = new WeakMap<IncomingMessage, Before>();
const readBody = createBodyReader();
let isTamed = false;

/**
 * Undoes what the framework does to requests that come before the function sees them. It has no hook for that, Node has:
 * its channel tells of a request before anybody else hears of it.
 *
 * - It parses bodies by their type and encoding, holds up to 1 GiB, and answers 400 or 415 to what it cannot read, which Pub/Sub
 *   delivers again: here it finds no body, so that the function reads it. Attributes of a message can be such headers.
 * - Node answers 417 to an Expect that it does not know: another attribute.
 * - It answers a path that cannot be decoded by a page with a stack, and what browsers and robots look for by nothing: here
 *   every path is the same to it, and the function looks at the one that came.
 * - On SIGTERM it cuts every request: here they are answered first.
 *
 * source  functions-framework 5.0.5, server.js and invoker.js; Node, "diagnostics_channel", http.server.request.start
 */
export function tameFramework(): void {
  if (isTamed) return;
  isTamed = true;
  const ours = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  const drain = createDrain();
  subscribe("http.server.request.start", (message) => {
    const { request, response, server } = message as Start;
    const { url = "/", headers } = request;
    const { "content-length": length, "transfer-encoding": coding } = headers;
    befores.set(request, { url, length, isChunked: coding !== undefined });
    request.url = "/";
    for (const name of ["content-length", "transfer-encoding", "expect"]) delete headers[name];
    drain.watch(response);
    // The framework listens to signals once it serves; before the first request there is nothing to lose.
    for (const signal of SIGNALS) {
      if (process.listeners(signal).includes(drain.stop)) continue;
      const before = ours.get(signal) ?? [];
      for (const listener of process.listeners(signal).filter((each) => !before.includes(each)))
        process.removeListener(signal, listener);
      process.on(signal, drain.stop);
    }
    drain.server = server;
  });
}

interface Drain {
  server: Server | undefined;
  watch(response: ServerResponse): void;
  stop(): void;
}

function createDrain(): Drain {
  const inFlight = new Set<ServerResponse>();
  let stopping = false;
  const drain: Drain = {
    server: undefined,
    watch(response) {
      inFlight.add(response);
      if (stopping) response.setHeader("connection", "close");
      response.once("close", () => {
        inFlight.delete(response);
        if (stopping && inFlight.size === 0) process.exit(0);
      });
    },
    stop() {
      if (stopping) process.exit(1);
      stopping = true;
      drain.server?.close();
      for (const response of inFlight) if (!response.headersSent) response.setHeader("connection", "close");
      if (inFlight.size === 0) process.exit(0);
      setTimeout(() => process.exit(1), GRACE_MS);
    },
  };
  return drain;
}

/** The path as it came: percent-encoded, without its query, and without the host that a proxy may name. */
export const pathOf = (request: IncomingMessage): string =>
  (befores.get(request)?.url ?? "/").replace(/^https?:\/\/[^/?]*/i, "").replace(/\?.*$/s, "");

/** What Content-Length says. */
export const lengthOf = (request: IncomingMessage): string | undefined => befores.get(request)?.length;

/** Whether more of it may come. A body that came with the first line is no matter any more. */
export function hasMore(request: IncomingMessage): boolean {
  const { length = "0", isChunked = false } = befores.get(request) ?? {};
  return !request.complete && (isChunked || length !== "0");
}

/**
 * The request as it came.
 *
 * in      maxBytes: of the body; left out, as much as Pub/Sub sends
 * throws  for a body that is cut off
 */
export async function toMessage(request: Request, response: Response, maxBytes = MOST_BYTES): Promise<Message> {
  const body = await readBody(request, { maxBytes, length: lengthOf(request), response });
  return { headers: request.headers, coding: HTTP_HEADERS, ...body };
}
