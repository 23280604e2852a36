import type { Request, Response } from "@google-cloud/functions-framework";
import { hasMore } from "./framework.ts";

/** As long has whoever is still sending to read what was answered, before the connection ends. */
const LINGER_MS = 2_000;

interface Answered {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Answers a request, whether or not its body was read. What was not is never read: the connection ends instead, some time after the
 * answer, since an end at once would be a reset, which takes away what a client has not read yet.
 */
export function answer(request: Request, response: Response, { status, headers = {}, body = "" }: Answered): void {
  response.status(status).set(headers);
  if (!hasMore(request)) {
    response.end(body);
    return;
  }
  // Node reads to its end whatever nobody reads, once its answer has ended.
  request.pause();
  response.set({ connection: "close", "content-length": String(Buffer.byteLength(body)) });
  response.flushHeaders();
  response.write(body);
  const end = setTimeout(() => response.end(), LINGER_MS);
  response.once("close", () => clearTimeout(end));
}
