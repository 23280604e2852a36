import type { CallOptions } from "../core/ledger.ts";
import { sign } from "./sigv4.ts";

/** What Lambda tells every function; tests point it elsewhere by the endpoints. */
export interface AwsEnvironment {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** By service; left out: that of the region. */
  readonly endpoints?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface AwsCall extends CallOptions {
  readonly service: "sns" | "dynamodb";
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
 * whatever is asked for must be safe to ask twice.
 *
 * source  AWS SDKs and Tools reference guide, "Retry behavior"; "Service-specific endpoints"
 */
export function createAws({ endpoints = {}, ...credentials }: AwsEnvironment): CallAws {
  const { region } = credentials;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";

  const once = async ({ service, headers, body, signal }: AwsCall): Promise<AwsAnswer> => {
    const url = new URL(endpoints[service] ?? `https://${service}.${region}.${domain}/`);
    const patience = AbortSignal.timeout(TRY_MS);
    const answer = await fetch(url, {
      method: "POST",
      headers: sign({ url, headers, body }, { ...credentials, service, now: Date.now() }),
      body,
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    return { status: answer.status, text: await answer.text() };
  };

  return async (call) => {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await once(call);
        if (tries === TRIES || !isPassing(answer)) return answer;
      } catch (error) {
        if (tries === TRIES || call.signal?.aborted) throw toPlain(error, call);
      }
      await pause(Math.random() * FIRST_PAUSE_MS * 2 ** tries);
    }
  };
}

/** Whether the same call may succeed a moment later. */
const isPassing = ({ status, text }: AwsAnswer): boolean =>
  status >= 500 ||
  status === 429 ||
  (status === 400 && /Throttl|ProvisionedThroughputExceeded|TooManyRequests/.test(text));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What fetch throws says only "fetch failed": the cause knows more. */
function toPlain(error: unknown, { service }: AwsCall): Error {
  const { message, cause } = error as Error;
  const { code, message: reason } = (cause ?? {}) as { code?: string; message?: string };
  return new AwsError([`${service}: ${message}`, code, reason].filter(Boolean).join(", "), { cause: error });
}
