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
  const bodyOf = (text: string) => `"body":${JSON.stringify(text.slice(0, MOST_CHARACTERS))}`;
  const placeOf = ({
    appId,
    topic,
    entry,
  }: {
    readonly appId: string;
    readonly topic: string;
    readonly entry: number;
  }) => `"app":${JSON.stringify(appId)},"topic":${JSON.stringify(topic)},"entry":${entry}`;
  const begin = (kind: Recorded["kind"], at = Date.now()) => `{"at":${at},"kind":"${kind}"`;
  return {
    published(event) {
      const text = toText(event.body);
      const about = events.learn(event.entry, text);
      write(`${begin("published")},${placeOf(event)}${about},${bodyOf(text)}}`);
    },
    delivered(delivery) {
      const at = Date.now();
      const about = events.of(delivery.entry, delivery.body);
      const what = `${placeOf(delivery)}${about},"attempt":${delivery.attempt}`;
      write(`${begin("delivered", at)},${what}}`);
      return (outcome) => {
        const now = Date.now();
        write(`${begin("answered", now)},${what},"outcome":"${outcome}","ms":${now - at}}`);
      };
    },
    undelivered(event, outcome) {
      const about = events.of(event.entry, event.body);
      write(`${begin("answered")},${placeOf(event)}${about},"outcome":"${outcome}"}`);
    },
    saved({ appId, key }, value) {
      if (isBookkeeping(key)) return;
      const about = events.savedBy(key, value);
      const of = `"app":${JSON.stringify(appId)},"key":${JSON.stringify(key)}`;
      write(`${begin("saved")},${of}${about},${bodyOf(value)}}`);
    },
  };
}

const toText = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString();

/** Rows that a ledger keeps beside its documents: that something was said, what is due, whose turn it is. */
const BOOKKEEPING = /-(?:in|out|said)-[\w-]{22}$|-start-[\w-]{22}$|-(?:slot|page)-\d|-resaid-/;
const isBookkeeping = (key: string): boolean => BOOKKEEPING.test(key);
