import { createHttpClient, type HttpAnswer, type HttpClient } from "../core/host/http-client.ts";

interface SidecarOptions {
  /** URL, with the path before the version if there is one. */
  readonly endpoint: string;
  /** In the path: v1.0. */
  readonly version: string;
  readonly token: string | undefined;
  /** For each call. */
  readonly timeoutMs: number;
}

type HttpCall = Parameters<HttpClient["call"]>[0];

/** The sidecar's HTTP API, as far as we use it: paths come after the version. Source: Dapr API reference. */
export interface Sidecar extends HttpClient {
  /** in: version: left out, the configured one */
  call(call: HttpCall & { readonly version?: string | undefined }): Promise<HttpAnswer>;
}

export function createSidecar({ endpoint, version, token, timeoutMs }: SidecarOptions): Sidecar {
  const { origin, pathname } = new URL(`${endpoint}/`);
  const client = createHttpClient({ origin, timeoutMs });
  const credentials = token === undefined ? {} : { "dapr-api-token": token };
  return {
    ...client,
    call: ({ path, headers, version: other = version, ...call }) =>
      client.call({ ...call, path: `${pathname}${other}/${path}`, headers: { ...headers, ...credentials } }),
  };
}

/** An answer that says the sidecar did not do it. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
}

/**
 * What the sidecar says of itself, without what it was given.
 *
 * source  Dapr API reference, "Errors": {errorCode, message}
 */
export function toSidecarError(what: string, { status, text }: HttpAnswer): SidecarError {
  let said = text;
  try {
    const { errorCode, message } = JSON.parse(text) as Record<string, unknown>;
    said = [errorCode, message].filter((part) => typeof part === "string").join(": ");
  } catch {
    // Some refusals are plain text.
  }
  return new SidecarError(`${what}: the sidecar answered ${status} ${said.slice(0, 200)}`.trim());
}

export const STRUCTURED = "application/cloudevents+json";
