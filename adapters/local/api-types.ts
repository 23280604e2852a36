import type { IncomingHttpHeaders } from "node:http";

export interface ApiRequest {
  readonly method: string;
  /** Behind the name of the API, still percent-encoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** throws: RangeError when it is too long. */
  body(): Promise<Buffer>;
}

export interface ApiReply {
  readonly status: number;
  readonly text?: string;
  /** Media type of the text. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface ApiErrorOptions {
  readonly code: string;
  readonly message: string;
  /** Dapr's finer code, in the details. */
  readonly reason?: string;
}

/** An error as Dapr's HTTP API tells it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly reason: string | undefined;

  constructor(status: number, { code, message, reason }: ApiErrorOptions) {
    super(message);
    this.status = status;
    this.code = code;
    this.reason = reason;
  }
}

/** Decodes one part of a path. throws: ApiError. */
export function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    const message = "the path has a percent sign that encodes nothing";
    throw new ApiError(400, { code: "ERR_MALFORMED_REQUEST", message });
  }
}
