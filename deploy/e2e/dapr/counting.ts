import * as v from "valibot";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";

export const COUNTER = "counter";

/** One of the events of a document, numbered from 1 in the order in which they were said. */
export const Counted = defineEvent({
  type: "com.example.counted.v1",
  topic: "counts",
  data: v.object({
    document: v.string(),
    n: v.number(),
    /** In ms since the epoch. Its first attempt fails in any case. */
    failsUntil: v.exactOptional(v.number()),
    /** Its first attempt takes so long. */
    takesMs: v.exactOptional(v.number()),
  }),
  subject: ({ document }) => document,
});

export type Count = Parameters<typeof Counted>[0];

const seen = v.object({ seen: v.number(), last: v.number() });
/** What a document has seen: how many events, and which was the last. */
type Seen = Readonly<v.InferOutput<typeof seen>>;

/** An event that was handled, and what its document had seen before. */
export interface Line extends Pick<Count, "document" | "n">, Seen {
  readonly pid: number;
}

interface Effects {
  /** throws: as the event says */
  readonly count: (data: Count, before: Seen) => Promise<void>;
}

/** Keeps of each document what it has seen. */
export const createCounting = ({ count }: Effects) =>
  defineFunction({
    name: COUNTER,
    state: seen,
    on: [
      when(Counted, async ({ data }, before: Seen = { seen: 0, last: 0 }) => {
        await count(data, before);
        return { state: { seen: before.seen + 1, last: data.n } };
      }),
    ],
  });
