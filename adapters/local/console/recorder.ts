import type { Happening } from "./api-types.ts";
import { createEventMemory } from "./event-memory.ts";

/** What the sidecars' process says of what happens, a line each. `body` is cut at 1 MB. */
export type Recorded = Omit<Happening, "id" | "hasBody"> & { readonly body?: string };

/** A copy of an event on a topic. */
interface Kept {
  readonly topic: string;
  readonly entry: number;
  readonly body: Uint8Array;
}

interface Delivery extends Kept {
  readonly appId: string;
  readonly attempt: number;
}

/** How a delivery ended, in the words of the console. */
export type AnswerOutcome = "success" | "retry" | "drop" | "missing" | "gone" | "expired" | "illegible";

/** Writes down what the sidecars do. Nothing of it fails, or waits. */
export interface Recorder {
  published(event: Kept & { readonly appId: string }): void;
  /** out: to be told of the answer */
  delivered(delivery: Delivery): (outcome: AnswerOutcome) => void;
  /** It was not delivered, and will not be. */
  undelivered(delivery: Omit<Delivery, "attempt">, outcome: "expired" | "illegible"): void;
  /** in: value: JSON */
  saved(document: { readonly appId: string; readonly key: string }, value: string): void;
}

export const SILENT: Recorder = {
  published() {},
  delivered: () => () => {},
  undelivered() {},
  saved() {},
};

const MOST_CHARACTERS = 1_000_000;

/** in: write: takes a line of JSON, without its end */
export function createRecorder(write: (line: string) => void): Recorder {
  const events = createEventMemory();
  const say = (line: Recorded) => write(JSON.stringify(line));
  return {
    published({ appId: app, topic, entry, body }) {
      const text = toText(body);
      say({
        ...{ at: Date.now(), kind: "published", app, topic, entry },
        ...events.learn(entry, text),
        body: text.slice(0, MOST_CHARACTERS),
      });
    },
    delivered({ appId: app, topic, entry, body, attempt }) {
      const at = Date.now();
      const what = { app, topic, entry, ...events.of(entry, body), attempt };
      say({ at, kind: "delivered", ...what });
      return (outcome) => {
        const now = Date.now();
        say({ at: now, kind: "answered", ...what, outcome, ms: now - at });
      };
    },
    undelivered({ appId: app, topic, entry, body }, outcome) {
      say({ at: Date.now(), kind: "answered", app, topic, entry, ...events.of(entry, body), outcome });
    },
    saved({ appId: app, key }, value) {
      if (isBookkeeping(key)) return;
      const body = value.slice(0, MOST_CHARACTERS);
      say({ at: Date.now(), kind: "saved", app, key, ...events.savedBy(key, value), body });
    },
  };
}

const toText = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString();

/** Rows that a ledger keeps beside its documents: that something was said, what is due, whose turn it is. */
const BOOKKEEPING = /-(?:in|out|said)-[\w-]{22}$|-start-[\w-]{22}$|-(?:slot|page)-\d|-resaid-/;
const isBookkeeping = (key: string): boolean => BOOKKEEPING.test(key);
