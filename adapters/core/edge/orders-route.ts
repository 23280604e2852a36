import { type Answer, problem } from "./orders.ts";

/** Of an order. */
export const ORDER_BYTES = 256 * 1024;
/** Each that its body comes in is an object in memory, and costs the processor as much as a large one. */
export const ORDER_PIECES = 4_096;

/** What a request wants of the public edge, as far as its first line tells: an order placed, one shown, or what nobody serves. */
export type Wanted = { readonly place: true } | { readonly show: string } | { readonly refused: Answer };

interface RequestLine {
  readonly method: string;
  /** As it came, percent-encoded, without its query. */
  readonly path: string;
}

/**
 * POST /orders and GET /orders/{id}, and nothing else, for an edge that shares its port with no subscription: whoever strays
 * there is told so. An event that Pub/Sub pushes there by mistake comes again all the same, after a 404 as after a 503.
 *
 * source  RFC 9110, 15.5.5 and 15.5.6; RFC 3986, 2.1; Pub/Sub, "Push subscriptions"
 */
export function toWanted({ method, path }: RequestLine): Wanted {
  // One slash at the end is none, as behind Dapr. Of a path of slashes no more is looked at than could be served.
  const [before, resource, id, more] = path.replace(/\/$/, "").split("/", 4).map(decoded);
  if (before !== "" || resource !== "orders" || id === "" || more !== undefined) return NOTHING;
  if (id === undefined) return method === "POST" ? { place: true } : notAllowed("POST");
  return method === "GET" || method === "HEAD" ? { show: id } : notAllowed("GET, HEAD");
}

/** What cannot be decoded stays: no order has such an id, and no page such a name. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const tooLarge = (): Answer => problem(413, `body: must have at most ${ORDER_BYTES} bytes`);

export const tooManyPieces = (): Answer => problem(413, `body: must come in at most ${ORDER_PIECES} pieces`);

const NOTHING: Wanted = { refused: problem(404, "nothing is served here") };

function notAllowed(allow: string): Wanted {
  const { status, headers, body } = problem(405, `allowed: ${allow}`);
  return { refused: { status, headers: { ...headers, allow }, body } };
}
