import type { Happening } from "./api-types.ts";
import { createEventMemory } from "./event-memory.ts";

/** What the sidecars' process says of what happens, a line each. `body` is cut above 1 MB. */
export type Recorded = Omit<Happening, "id" | "hasBody"> & { readonly body?: string };

/** A copy of an event on a topic. */
interface Kept {
  readonly topic: string;
  readonly entry: number;
  readonly body: Uint8Array;
}

interface Owned extends Kept {
  readonly appId: string;
}

interface Delivery extends Owned {
  readonly attempt: number;
}

/** How a delivery ended, in the words of the console. */
export type AnswerOutcome = "success" | "retry" | "drop" | "missing" | "gone" | "expired" | "illegible";

/** Writes down what the sidecars do. Nothing of it fails, or waits. */
export interface Recorder {
  /** By the sidecar of `appId`, which others use as well. */
  published(event: Owned): void;
  /** The sidecar of `appId` has given it up: it lies on its dead letter topic. */
  givenUp(event: Owned): void;
  /** out: to be told of the answer */
  delivered(delivery: Delivery): (outcome: AnswerOutcome) => void;
  /** It was not delivered, and will not be. */
  undelivered(delivery: Omit<Delivery, "attempt">, outcome: "expired" | "illegible"): void;
  /** in: value: JSON */
  saved(document: { readonly appId: string; readonly key: string }, value: string): void;
}

export const SILENT: Recorder = {
  published() {},
  givenUp() {},
  delivered: () => () => {},
  undelivered() {},
  saved() {},
};

/** One more than is kept, so that it shows. */
const MOST_CHARACTERS = 1024 * 1024 + 1;
/** Of the source of what a person says: no app does, nor what is no event. */
const BY_HAND = "/say";

interface Place extends Pick<Kept, "topic" | "entry"> {
  /** Left out: somebody else. */
  readonly appId?: string;
}

/** in: write: takes a line of JSON, without its end */
export function createRecorder(write: (line: string, isUrgent?: boolean) => void): Recorder {
  const events = createEventMemory();
  const publish = ({ appId, ...event }: Owned, isByOthers: (source: unknown) => boolean) => {
    const text = toText(event.body);
    const { members, source } = events.learn(event.entry, text);
    const place = placeOf(isByOthers(source) ? event : { ...event, appId });
    // Nobody else has its bytes: where this process is killed, it is told or its publisher has no answer and says it again.
    write(`${begin("published")},${place}${members},${bodyOf(text)}}`, true);
  };
  return {
    published: (event) =>
      safely(() => publish(event, (source) => typeof source !== "string" || source.endsWith(BY_HAND))),
    givenUp: (event) => safely(() => publish(event, () => false)),
    delivered(delivery) {
      const at = Date.now();
      let what = "";
      safely(() => {
        what = `${placeOf(delivery)}${events.of(delivery.entry, delivery.body)},"attempt":${delivery.attempt}`;
        write(`${begin("delivered", at)},${what}}`);
      });
      return (outcome) =>
        safely(() => {
          const now = Date.now();
          write(`${begin("answered", now)},${what},"outcome":"${outcome}","ms":${now - at}}`);
        });
    },
    undelivered: (event, outcome) =>
      safely(() => {
        const about = events.of(event.entry, event.body);
        write(`${begin("answered")},${placeOf(event)}${about},"outcome":"${outcome}"}`);
      }),
    saved: ({ appId, key }, value) =>
      safely(() => {
        if (BOOKKEEPING.test(key) || value.includes(LEASE)) return;
        const of = `"app":${JSON.stringify(appId)},"key":${JSON.stringify(key)}`;
        write(`${begin("saved")},${of}${events.savedBy(key, value)},${bodyOf(value)}}`);
      }),
  };
}

/** What was published is published, whatever becomes of a line about it. */
function safely(work: () => void): void {
  try {
    work();
  } catch {
    // Nobody will miss a line as much as an event.
  }
}

const begin = (kind: Recorded["kind"], at = Date.now()): string => `{"at":${at},"kind":"${kind}"`;
const bodyOf = (text: string): string => `"body":${JSON.stringify(text.slice(0, MOST_CHARACTERS))}`;
const placeOf = ({ appId, topic, entry }: Place): string =>
  `${appId === undefined ? "" : `"app":${JSON.stringify(appId)},`}"topic":${JSON.stringify(topic)},"entry":${entry}`;

const toText = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString();

/** Rows that a ledger keeps beside its documents: that something was said, what is parked and due, whose turn it is. */
const BOOKKEEPING = /-(?:in|out|said|start|parked)-[\w-]{22}$|-(?:slot|page)-\d|-resaid-/;
/** Somebody works on the document, and knows no more of it than before. */
const LEASE = '"lease":{"event":"';
