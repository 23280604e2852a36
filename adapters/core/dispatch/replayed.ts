import { hash } from "node:crypto";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { decode, type Message } from "../event/decode.ts";
import { isObject } from "../event/json.ts";
import { UNDECODABLE } from "./dead-letter.ts";

/** What a broker knows of what it gave up itself, or an operator says of a letter: before what the letter says of itself. */
export interface Known {
  readonly topic?: string | undefined;
  readonly functionName?: string | undefined;
  /** Those of the system, by name: what is marked for any other is ignored by all of them. Left out: nobody knows. */
  readonly functions?: readonly string[] | undefined;
  /** By its broker: whatever the letter says of where it died is nobody's word. */
  readonly isGivenUp?: boolean | undefined;
}

/** What is sent where a letter is replayed: its event, or the message that was none, as it came. */
export type Replay = { readonly topic: string | undefined } & (
  | { readonly event: CloudEvent; readonly message?: undefined }
  | { readonly event?: undefined; readonly message: Message }
);

const PASSPORT = ["deadreason", "deadcode", "deadfunction", "deadtopic", "deadtime", "deadseal"];
/** Of an event on its way: the next sidecar writes them anew, and judges by the last whether it delivers it at all. */
const OF_SIDECARS = ["topic", "pubsubname", "traceid", "expiration"];

/** What tells letters apart: two of one event are two. in: as it is held. out: hexadecimal */
export const letterDigest = (body: Uint8Array): string => hash("sha256", body, "hex");

/** throws: Error with the reason, for what is no event */
export function parseLetter(message: Message): CloudEvent {
  const [decoded] = decode(message, { maxBytes: Number.POSITIVE_INFINITY });
  if (decoded === undefined || "refused" in decoded)
    throw new Error(`is no event: ${decoded?.refused.message ?? "an empty batch"}`);
  return decoded.event;
}

/**
 * What lives again of a letter: the original, same source and id, marked so that it reaches only the function where it died; where
 * the system has no such function, all that hear its topic.
 *
 * in      the letter as it is held, ours or a broker's own
 * out     topic: where it died, undefined where nobody knows
 * throws  Error with the reason why it cannot be replayed
 */
export function toReplay(letter: Message, { topic, functionName, functions, isGivenUp }: Known = {}): Replay {
  const held = parseLetter(letter);
  const { deadtopic, deadcode, deadfunction, deadlength, replayfor } = held;
  const from = topic ?? (typeof deadtopic === "string" && deadtopic !== "none" ? deadtopic : undefined);
  if (deadlength !== undefined) throw new Error(`is cut: its letter holds the beginning of ${deadlength} bytes`);
  if (held.type === UNDECODABLE) return { topic: from, message: toMessage(held) };
  const { replayof: _, replayfor: __, ...others } = held;
  const told = isGivenUp || deadcode === undefined ? undefined : deadfunction;
  // A replay that was given up in its turn is for whom it was.
  const died = functionName ?? told ?? replayfor;
  const isMarked = typeof died === "string" && (functions === undefined || functions.includes(died));
  const marks = {
    replayof: letterDigest(letter.body),
    ...(isMarked ? { replayfor: died } : {}),
  };
  const isExpired = deadcode === "expired";
  const left = new Set([
    ...PASSPORT,
    ...("pubsubname" in held ? OF_SIDECARS : []),
    // Whoever replays it wants it all the same.
    ...(isExpired ? ["expiration"] : []),
  ]);
  const original = Object.fromEntries(Object.entries(others).filter(([name]) => !left.has(name)));
  return { topic: from, event: { ...(original as unknown as CloudEvent), ...marks } };
}

/** With the headers that its letter has kept: no secrets are among them. */
function toMessage({ data, deadheaders, deadcontenttype }: CloudEvent): Message {
  const headers = Object.fromEntries(pairsIn(deadheaders));
  return {
    headers: typeof deadcontenttype === "string" ? { ...headers, "content-type": deadcontenttype } : headers,
    body: data instanceof Uint8Array ? data : Buffer.alloc(0),
  };
}

function pairsIn(deadheaders: unknown): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(String(deadheaders));
    if (!Array.isArray(value)) return [];
    return value.flatMap((pair) => (isObject(pair) && Array.isArray(pair) ? [[String(pair[0]), String(pair[1])]] : []));
  } catch {
    return [];
  }
}
