import type { ServerResponse } from "node:http";
import type { Outcome } from "../core/dispatch/outcome.ts";

export type Answer = readonly [code: number, body: object];

/** How a sidecar hears each outcome. Never 404 (it drops the event), never 400 (it repeats it for ever). */
export const ANSWER = {
  ack: [200, { status: "SUCCESS" }],
  dead: [200, { status: "SUCCESS" }],
  retry: [503, { status: "RETRY" }],
} as const satisfies Record<Outcome["kind"], Answer>;

/**
 * How it hears the outcomes of a bulk: every entry must be listed, one that is missing comes again.
 *
 * in  outcomes: in the order of the entries; undefined for one that has to come again
 */
export function toBulkAnswer(
  entries: readonly { readonly entryId: string }[],
  outcomes: readonly (Outcome | undefined)[],
): Answer {
  const statuses = entries.map(({ entryId }, index) => ({
    entryId,
    status: ANSWER[outcomes[index]?.kind ?? "retry"][1].status,
  }));
  return [200, { statuses }];
}

/**
 * Sends one past all hooks and serializers: they would be a fifteenth of what a delivery costs.
 *
 * in  isLast: it is the last one on its connection
 */
export function sendAnswer(
  response: ServerResponse,
  [code, body]: Answer,
  { isLast }: { readonly isLast: boolean },
): void {
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) };
  response.writeHead(code, isLast ? { ...headers, connection: "close" } : headers).end(text);
}
