import { type Known, letterDigest, toReplay } from "../../adapters/core/dispatch/replayed.ts";
import { decode, isBatch, type Message } from "../../adapters/core/event/decode.ts";
import { encodeStructured } from "../../adapters/core/event/encode.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json" };

interface SentOptions extends Known {
  /** Structured, where it was edited. */
  readonly event?: Uint8Array | undefined;
}

/**
 * What is sent of a letter: its event, marked as replayed; what is no event, or several, as it came.
 *
 * throws  Error with the reason why it cannot be
 */
export function toSent(letter: Message, { event, isGivenUp = false, ...known }: SentOptions): Message {
  if (!event && isGivenUp && !isOneEvent(letter)) return letter;
  const from = event ? { headers: STRUCTURED, body: event } : letter;
  const { event: original, message } = toReplay(from, { ...known, isGivenUp });
  if (!original) return message;
  // An edited one as well is a replay of the letter that is held.
  const replayed = { ...original, replayof: letterDigest(letter.body) };
  return { headers: STRUCTURED, body: Buffer.from(encodeStructured(replayed)) };
}

function isOneEvent(message: Message): boolean {
  const decoded = isBatch(message.headers) ? [] : decode(message, { maxBytes: Number.POSITIVE_INFINITY });
  return decoded.length === 1 && decoded.every((one) => "event" in one);
}

/** Of a letter that is still there though it was sent. */
export function stillThere(error: Error): never {
  const what = "it was sent, and could not be taken out: sent again, it is known where it goes";
  throw new Error(`${what}: ${error.message}`, { cause: error });
}
