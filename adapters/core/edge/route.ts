import { type Answer, problem } from "./answer.ts";
import type { Served } from "./edge.ts";

/** Of a body. */
export const BODY_BYTES = 256 * 1024;
/** Each that it comes in is an object in memory, and costs the processor as much as a large one. */
export const BODY_PIECES = 4_096;

/** What a request wants of the public edge, as far as its first line tells. */
export type Wanted =
  | { readonly place: Served }
  | { readonly show: string; readonly of: Served }
  | { readonly refused: Answer };

interface RequestLine {
  readonly method: string;
  /** As it came, percent-encoded, without its query. */
  readonly path: string;
}

/**
 * Each edge at its path, what it shows below it, and nothing else: for where no subscription leads. Whoever strays there is told so:
 * an event that Pub/Sub pushes there by mistake comes again all the same, after a 404 as after a 503.
 *
 * source  RFC 9110, 15.5.5 and 15.5.6; RFC 3986, 2.1; Pub/Sub, "Push subscriptions"
 */
export function toWanted(edges: readonly Served[], { method, path }: RequestLine): Wanted {
  // One slash at the end is none, as behind Dapr. Of a path of slashes no more is looked at than could be served.
  const [before, resource, id, more] = path.replace(/\/$/, "").split("/", 4).map(decoded);
  const served = edges.find(({ edge }) => edge.path === `/${resource}`);
  if (before !== "" || !served || id === "" || more !== undefined) return NOTHING;
  if (id === undefined) return method === served.edge.method ? { place: served } : notAllowed(served.edge.method);
  return method === "GET" || method === "HEAD" ? { show: id, of: served } : notAllowed("GET, HEAD");
}

/** What cannot be decoded stays: nothing has such an id, and no page such a name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const tooLarge = (): Answer => problem(413, `body: must have at most ${BODY_BYTES} bytes`);

export const tooManyPieces = (): Answer => problem(413, `body: must come in at most ${BODY_PIECES} pieces`);

const NOTHING: Wanted = { refused: problem(404, "nothing is served here") };

function notAllowed(allow: string): Wanted {
  const { status, headers, body } = problem(405, `allowed: ${allow}`);
  return { refused: { status, headers: { ...headers, allow }, body } };
}
