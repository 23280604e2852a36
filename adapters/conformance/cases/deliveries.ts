import type { Case, Group } from "../case.ts";
import { Strict } from "../handlers.ts";
import { structured } from "../messages.ts";

const first = structured();
const LONG = 31 * 24 * 60 * 60 * 1_000;
const numbered = (n: number) => structured({ id: `e-${n}`, type: Strict.type, data: { n } });

function ordered(order: readonly number[]): Case {
  return {
    name: `in the order ${order.join(", ")}: the same is known and said`,
    handler: "collects",
    steps: order.map((n) => ({ send: numbered(n), expect: "ack" })),
    handled: order.length,
    published: ["followed"],
    said: { n: 6 },
  };
}

export const deliveries: Group = {
  title: "again, at once, out of order",
  cases: [
    {
      name: "again after success: neither handled nor said again",
      handler: "counts",
      steps: [
        { send: first, expect: "ack" },
        { send: first, expect: "ack" },
        { send: first, expect: "ack" },
      ],
      handled: 1,
      published: ["followed"],
      said: { n: 1 },
    },
    {
      name: "again with its members in another order: the same event",
      steps: [
        { send: structured({ data: { a: 1, b: 2 } }), expect: "ack" },
        { send: structured({ data: { b: 2, a: 1 } }), expect: "ack" },
      ],
      handled: 1,
    },
    {
      name: "20 times at the same moment: the state changes once",
      handler: "counts",
      needs: ["overlap"],
      steps: [{ together: Array.from({ length: 20 }, () => first) }],
      handled: [1, 20],
      ids: 1,
      said: { n: 1 },
    },
    {
      name: "twice at the same moment, slowly: one thing is said",
      handler: "says-slowly",
      needs: ["overlap"],
      steps: [{ together: [first, first] }],
      handled: [1, 2],
      ids: 1,
    },
    {
      name: "during the first run of an exclusive function: comes again, runs once",
      handler: "mails-slowly",
      needs: ["overlap"],
      steps: [{ together: [first, first, first] }, { send: first, expect: "ack" }],
      handled: 1,
      ids: 1,
    },
    {
      name: "8 different events of one subject at the same moment: each counts",
      handler: "counts",
      needs: ["overlap"],
      steps: [
        { together: Array.from({ length: 8 }, (_, n) => structured({ id: `e-${n}` })) },
        ...Array.from({ length: 8 }, (_, n) => ({ send: structured({ id: `e-${n}` }), expect: "ack" as const })),
        { send: structured({ id: "last" }), expect: "ack" },
      ],
      handled: [9, 100],
      ids: 9,
      said: { n: 9 },
    },
    {
      name: "again after a failure of an exclusive function: its lease was given back",
      handler: "mails-at-second",
      steps: [
        { send: first, expect: "retry" },
        { again: first, expect: "ack" },
      ],
      handled: 2,
      published: ["followed"],
    },
    {
      name: "one id from two sources: two events",
      handler: "counts",
      steps: [
        { send: first, expect: "ack" },
        { send: structured({ source: "/another" }), expect: "ack" },
      ],
      handled: 2,
      published: ["followed", "followed"],
      ids: 2,
      said: { n: 2 },
    },
    {
      name: "one source and id with other data: a conflict, not a repetition",
      handler: "says",
      steps: [
        { send: first, expect: "ack" },
        { send: structured({ data: { n: 2 } }), expect: { dead: "conflict" } },
      ],
      handled: 1,
      published: ["followed"],
    },
    {
      name: "an old stream read again from its start: nothing is repeated",
      handler: "says",
      steps: [
        { send: structured({ time: new Date().toISOString() }), expect: "ack" },
        { advance: LONG },
        { send: structured({ time: new Date().toISOString() }), expect: { dead: "too-old" } },
      ],
      handled: 1,
      published: ["followed"],
    },
    {
      name: "of one subject by two keys: each has a state of its own",
      handler: "tallies",
      steps: [1, 2, 3].map((n) => ({ send: numbered(n), expect: "ack" })),
      handled: 3,
      published: ["followed", "followed", "followed"],
      ids: 3,
      said: { n: 4 },
    },
    ordered([1, 2, 3]),
    ordered([3, 1, 2]),
    ordered([3, 2, 1]),
  ],
};
