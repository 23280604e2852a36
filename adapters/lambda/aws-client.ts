import { randomUUID } from "node:crypto";
import type { Clock } from "../core/host/store-clock.ts";
import type { CallOptions } from "../core/ledger/ledger.ts";
import { sign } from "./sigv4.ts";

/**
 * Loads what the first call needs once the handler is there: before the first event a function has a whole processor,
 * afterwards as much of one as it has memory.
 *
 * source  AWS Lambda developer guide, "Understanding the Lambda execution environment lifecycle"
 */
function wake(): void {
  randomUUID();
  clientFor("https:").catch(() => {});
}

/** What Lambda tells every function; tests point it elsewhere by the endpoints. */
export interface AwsEnvironment {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** By service; left out: that of the region. */
  readonly endpoints?: Readonly<Record<string, string | undefined>> | undefined;
  /** Of one try. Left out: for a function. */
  readonly tryMs?: number | undefined;
}

export interface AwsCall extends CallOptions {
  readonly service: "sns" | "dynamodb" | "sqs";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly text: string;
}

/** One signed POST to a service. throws: when there is no answer; whatever was asked for may have been done. */
export type CallAws = (call: AwsCall) => Promise<AwsAnswer>;

/** An answer that says the service did not do it. */
export class AwsError extends Error {
  override readonly name = "AwsError";
}

const TRIES = 3;
const FIRST_PAUSE_MS = 50;
/** Of one try: longer than the slowest answer that is worth waiting for, a third of a dispatch. */
const TRY_MS = 3_000;

/**
 * Signed calls, tried up to three times: a thawed function finds its kept connections closed, and services throttle. So
 * whatever is asked for must be safe to ask twice. What was signed at a wrong time is signed again, by the time of the refusal.
 *
 * source  AWS SDKs and Tools reference guide, "Retry behavior"; "Service-specific endpoints"
 */
export function createAws(
  { endpoints = {}, tryMs = TRY_MS, ...credentials }: AwsEnvironment,
  { now, asked }: Clock = { now: Date.now },
): CallAws {
  const { region } = credentials;
  setImmediate(wake);
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";

  const once = async ({ service, headers, body, signal }: AwsCall): Promise<AwsAnswer> => {
    const url = new URL(endpoints[service] ?? `https://${service}.${region}.${domain}/`);
    const signed = sign({ url, headers, body }, { ...credentials, service, now: now() });
    return post(url, { headers: signed, body, signal, tryMs, heard: asked?.() });
  };

  return async (call) => {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await once(call);
        if (tries === TRIES || !isPassing(answer)) return answer;
      } catch (error) {
        const { message } = error as Error;
        if (tries === TRIES || call.signal?.aborted)
          throw new AwsError(`${call.service}: ${message}`, { cause: error });
      }
      await pauseAfter(tries);
    }
  };
}

/** Whether the same call may succeed a moment later. */
const isPassing = ({ status, text }: AwsAnswer): boolean =>
  status >= 500 ||
  status === 429 ||
  isMistimed({ status, text }) ||
  (status === 400 && /Throttl|ProvisionedThroughputExceeded|TooManyRequests/.test(text));

/** The signature is refused, for our clock is wrong. source: AWS IAM user guide, "Troubleshoot Signature Version 4 requests" */
const isMistimed = ({ status, text }: AwsAnswer): boolean =>
  status >= 400 && /Signature (expired|not yet)|RequestTimeTooSkewed/.test(text);

/** Longer from try to try, and by chance, so that those who were refused at once do not come back at once. */
export const pauseAfter = (tries: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * FIRST_PAUSE_MS * 2 ** tries));

interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal | undefined;
  readonly tryMs: number;
  readonly heard: ReturnType<NonNullable<Clock["asked"]>> | undefined;
}

const clientFor = (protocol: string) => (protocol === "http:" ? import("node:http") : import("node:https"));

/** By Node's own client, which keeps connections: `fetch` takes 15 ms more to wake, in every cold start. */
async function post(url: URL, { headers, body, signal, tryMs, heard }: Post): Promise<AwsAnswer> {
  const { request } = await clientFor(url.protocol);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: "POST", headers, timeout: tryMs, signal });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${tryMs} ms`)));
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const said = { status: answer.statusCode ?? 0, text };
        heard?.({ date: answer.headers.date, isRefused: isMistimed(said) });
        resolve(said);
      });
    });
    outgoing.end(body);
  });
}
