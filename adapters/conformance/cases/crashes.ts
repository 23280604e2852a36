import type { Case, Group } from "../case.ts";
import type { Fault } from "../faults.ts";
import { LEASE_MS } from "../host.ts";
import { structured } from "../messages.ts";

const event = structured();
const SAYS = ["says", "counts"] as const;

interface Crash {
  readonly name: string;
  readonly fault: Fault;
  readonly handled: number;
  readonly published: number;
}

const crashes: readonly Crash[] = [
  { name: "before it reads", fault: { at: "load", how: "die-before" }, handled: 1, published: 1 },
  { name: "after it has read", fault: { at: "load", how: "die-after" }, handled: 1, published: 1 },
  { name: "between the handler and saving", fault: { at: "save", how: "die-before" }, handled: 2, published: 1 },
  { name: "between saving and publishing", fault: { at: "save", how: "die-after" }, handled: 1, published: 1 },
  { name: "as it publishes", fault: { at: "publish", how: "die-before" }, handled: 1, published: 1 },
  { name: "between publishing and answering", fault: { at: "publish", how: "die-after" }, handled: 1, published: 2 },
];

const died = ({ name, fault, handled, published }: Crash, handler: (typeof SAYS)[number]): Case => ({
  name: `${name} (${handler}): said once, under one id`,
  handler,
  faults: [fault],
  steps: [{ lose: event }, { restart: [] }, { again: event, expect: "ack" }],
  handled,
  published: Array.from({ length: published }, () => "followed"),
  ids: 1,
  said: { n: 1 },
});

/** The lease of a process that died must run out: it may still be at work, as far as others can tell. */
const diedWithLease = ({ name, fault, handled }: Pick<Crash, "name" | "fault" | "handled">): Case => ({
  name: `${name} (exclusive): nobody else runs until its lease is over`,
  handler: "mails",
  faults: [fault],
  steps: [
    { lose: event },
    { restart: [] },
    { again: event, expect: "retry" },
    { advance: LEASE_MS + 1 },
    { again: event, expect: "ack" },
  ],
  handled,
  published: ["followed"],
});

export const processDies: Group = {
  title: "the process dies",
  cases: [
    ...crashes.flatMap((crash) => SAYS.map((handler) => died(crash, handler))),
    diedWithLease({ name: "after it has taken a lease", fault: { at: "save", nth: 1, how: "die-after" }, handled: 1 }),
    diedWithLease({ name: "after an effect, unsaved", fault: { at: "save", nth: 2, how: "die-before" }, handled: 2 }),
    {
      name: "between two of two publications: the second is said after all",
      handler: "says-two",
      faults: [{ at: "publish", nth: 1, how: "die-after" }],
      steps: [{ lose: event }, { restart: [] }, { again: event, expect: "ack" }],
      handled: 1,
      published: ["followed", "followed", "followed"],
      ids: 2,
    },
    {
      name: "again and again: still once",
      handler: "counts",
      faults: [{ at: "save", how: "die-before" }],
      steps: [
        { lose: event },
        { restart: [{ at: "save", how: "die-after" }] },
        { lose: event },
        { restart: [{ at: "publish", how: "die-after" }] },
        { lose: event },
        { restart: [] },
        { again: event, expect: "ack" },
        { send: event, expect: "ack" },
      ],
      handled: 2,
      ids: 1,
      said: { n: 1 },
    },
    {
      name: "as it stores a dead letter: the event comes again",
      handler: "dies",
      faults: [{ at: "dead-letter", how: "die-before" }],
      steps: [{ lose: event }, { restart: [] }, { again: event, expect: { dead: "never" } }],
      handled: 2,
    },
  ],
};
