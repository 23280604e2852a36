import { http, type Request, type Response } from "@google-cloud/functions-framework";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import { describe, type Outcome, worst } from "../core/dispatch/outcome.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { dispatchBatch, receive } from "../core/dispatch/receive.ts";
import { isBatch, isLargeBatch } from "../core/event/decode.ts";
import { relayNow } from "../core/relay/relay-now.ts";
import { answer } from "./answer.ts";
import { pathOf, tameFramework, toMessage } from "./framework.ts";
import { logRelayed } from "./log.ts";
import { toPushJobs } from "./push.ts";

/**
 * How Pub/Sub and Eventarc hear each outcome: any other status than 2xx means again, 4xx among them. Never 202, which the
 * emulator takes for a failure.
 */
const STATUS = { ack: 204, dead: 204, retry: 503 } as const satisfies Record<Outcome["kind"], number>;

/** Pub/Sub takes 10 MB, and a letter is a message of its own. */
export const MAX_EVENT_BYTES = 9_000_000;
/** What Cloud Run lets through. */
const MOST_BATCH_BYTES = 32 * 1024 * 1024;

/** Where a schedule asks for what was saved and not said. No topic has that name: Pub/Sub's begin with a letter. */
const RELAY = "~relay";
/** Of the 30 s that a request has: what it begins last has to end in them as well. */
const RELAY_BEGINS_MS = 15_000;
const RELAY_ENDS_MS = 28_000;

interface RegisterOptions {
  readonly ports: Ports;
}

interface FunctionsOptions extends RegisterOptions {
  /** What the names of all topics begin with, which is not the topic's own: an envelope names it in full. */
  readonly topicPrefix?: string;
}

/**
 * Registers functions with the Functions Framework, each under its name, as HTTP functions: the framework's own CloudEvent
 * functions validate nothing, forget datacontenttype, and fail for text and for events without data.
 *
 * source  functions-framework 5.0.5, `functions.http`
 */
export function registerFunctions(functions: readonly FunctionDefinition[], options: FunctionsOptions): void {
  tameFramework();
  for (const fn of functions) {
    http(fn.name, (request, response) =>
      answerDelivery(request, response, { ...options, fn }).catch(async (error) => {
        await logError(error);
        if (response.headersSent) response.end();
        else answer(request, response, { status: 503, headers: { "retry-after": "1" } });
      }),
    );
  }
}

/** The framework would answer with the error's own message. */
export async function logError(error: unknown): Promise<void> {
  const { toStack } = await import("../core/dispatch/later.ts");
  const fields = { severity: "ERROR", message: describe(error), stack_trace: toStack(error) };
  process.stderr.write(`${JSON.stringify(fields)}\n`);
}

interface Host extends FunctionsOptions {
  readonly fn: FunctionDefinition;
}

/**
 * Answers one request with one function. The path is the topic, or nothing where a trigger delivers.
 *
 * throws  where the ledger cannot tell what is due, when a schedule asks
 */
export async function answerDelivery(request: Request, response: Response, host: Host): Promise<void> {
  const { fn, topicPrefix } = host;
  if (answerProbe(request, response)) return;
  if (request.method !== "POST") {
    answer(request, response, { status: 405, headers: { allow: "POST" } });
    return;
  }
  const maxBytes = host.ports.maxEventBytes ?? MAX_EVENT_BYTES;
  const ports = { ...host.ports, maxEventBytes: maxBytes };
  const topic = pathOf(request).replace(/\/$/, "").split("/").at(-1) || undefined;
  if (topic === RELAY) {
    const signal = AbortSignal.timeout(RELAY_ENDS_MS);
    logRelayed(fn.name, await relayNow(fn, ports, { signal, forMs: RELAY_BEGINS_MS }));
    answer(request, response, { status: 204 });
    return;
  }
  if (topic !== undefined && !topicsOf(fn).includes(topic)) {
    // A push to a wrong path must wait and be seen, not be dropped.
    answer(request, response, { status: 503 });
    return;
  }
  const message = await toMessage(request, response, isBatch(request.headers) ? MOST_BATCH_BYTES : undefined);
  const outcomes = isLargeBatch(message, { maxBytes })
    ? [await receive(fn, { ...message, topic }, ports)]
    : await dispatchBatch(fn, toPushJobs(message, { topic, maxBytes, topicPrefix }), { ports });
  response.status(STATUS[worst(outcomes).kind]).end();
}

export function answerProbe(request: Request, response: Response): boolean {
  const { method } = request;
  if ((method !== "GET" && method !== "HEAD") || pathOf(request) !== "/") return false;
  answer(request, response, { status: 200, headers: { "content-type": "text/plain" }, body: "ok" });
  return true;
}
