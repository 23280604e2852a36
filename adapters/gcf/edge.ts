import { http, type Request } from "@google-cloud/functions-framework";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Answer, again, problem } from "../core/edge/answer.ts";
import { type EdgeSettings, place, type Served, show } from "../core/edge/edge.ts";
import { principalIn } from "../core/edge/edge-settings.ts";
import { BODY_BYTES, tooLarge, tooManyPieces, toWanted } from "../core/edge/route.ts";
import { answer } from "./answer.ts";
import { readBody } from "./edge-body.ts";
import { lengthOf, pathOf, tameFramework } from "./framework.ts";
import { answerProbe, logError } from "./receive.ts";

/** For a body to arrive: shorter than what a request has in all, so that few that are slow do not keep out all others. */
const READ_MS = 10_000;

interface EdgeOptions {
  readonly ports: Ports;
  readonly settings: EdgeSettings;
  /** The header in which whatever stands before this says who asks, in lower case. */
  readonly principalHeader?: string | undefined;
}

/** Registers the public edges as one function of this name, which serves nothing else. */
export function registerEdges(name: string, edges: readonly Served[], options: EdgeOptions): void {
  tameFramework();
  http(name, async (request, response) => {
    if (answerProbe(request, response)) return;
    const { status, headers, body } = await answerEdge(request, edges, options).catch(
      async (error): Promise<Answer> => {
        await logError(error);
        return again("unexpected");
      },
    );
    answer(request, response, { status, headers, body: JSON.stringify(body) });
  });
}

/** Reads no body but one that is wanted. Source: RFC 9110, RFC 9457 */
async function answerEdge(
  request: Request,
  edges: readonly Served[],
  { ports, settings, principalHeader }: EdgeOptions,
): Promise<Answer> {
  const wanted = toWanted(edges, { method: request.method, path: pathOf(request) });
  if ("refused" in wanted) return wanted.refused;
  if ("show" in wanted) return show(wanted.of, wanted.show, ports);
  const body = await readBody(request, { maxBytes: BODY_BYTES, length: lengthOf(request), ms: READ_MS });
  if (body === "long") return tooLarge();
  if (body === "pieces") return tooManyPieces();
  if (body === "slow") return problem(408, `body: must arrive within ${READ_MS} ms`);
  if (body === "cut") return problem(400, "body: must be whole");
  const ask = { headers: request.headers, body, principal: principalIn(request.headers, principalHeader) };
  return place(wanted.place, ask, { settings, ports });
}
