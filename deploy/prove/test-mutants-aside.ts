import { Dead } from "../../functions/kernel/outcome.ts";
import { type Facts, good } from "./test-desk.ts";
import { keeping, type Mutant, open, opening, saying } from "./test-slips.ts";

let count = 0;
const cache = new Map<string, Facts>();
let latest: Facts | undefined;

/** For tests: slips in what a handler says, keeps and remembers. */
export const ASIDE: readonly Mutant[] = [
  { slip: "says the time", finds: "clock", within: 2, create: () => saying(() => new Date().toISOString()) },
  { slip: "says a number by chance", finds: "chance", within: 2, create: () => saying(() => Math.random()) },
  {
    slip: "says what the environment says",
    finds: "environment",
    within: 2,
    create: () => saying(() => process.env.HOLD_AT ?? "desk"),
  },
  {
    slip: "says the first field of an object",
    finds: "key-order",
    within: 2,
    create: () => saying(({ event }) => Object.keys(event.data)[0]),
  },
  { slip: "says a date", finds: "said-forgets", within: 2, create: () => saying(({ event }) => new Date(event.time)) },
  { slip: "counts in its module", finds: "outside", within: 3, create: () => saying(() => ++count) },
  {
    slip: "counts in its process",
    finds: "outside",
    within: 3,
    create: () => {
      let heard = 0;
      return async (given) => ({ ...(await good(given)), state: { ...given.known, ...given.fact, heard: ++heard } });
    },
  },
  {
    slip: "keeps states in its module",
    finds: "outside",
    within: 3,
    create: () => async (given) => {
      const reaction = await good({ ...given, known: cache.get(given.loan) ?? given.known });
      cache.set(given.loan, reaction.state ?? {});
      return reaction;
    },
  },
  {
    slip: "takes the state of whoever came before",
    finds: "outside",
    within: 3,
    create: () => (given) => {
      const { reader = given.fact.asked?.reader } = latest?.asked ?? {};
      latest = given.fact;
      return keeping(() => ({ before: reader ?? "nobody" }))(given);
    },
  },
  {
    slip: "knows events again by itself",
    finds: "effect-lost",
    within: 4,
    create: () => {
      const seen = new Set<string>();
      return (given) => {
        if (seen.has(given.event.id)) return {};
        seen.add(given.event.id);
        return good(given);
      };
    },
  },
  {
    slip: "gives up by itself after some tries",
    finds: "swallowed",
    within: 5,
    create: () => {
      let failures = 0;
      return (given) =>
        Promise.resolve(good(given)).catch((error: unknown) => {
          if (++failures < 4) throw error;
          return {};
        });
    },
  },
  {
    slip: "does nothing while it is at work",
    finds: "says-otherwise",
    within: 4,
    create: () => {
      let isBusy = false;
      return async (given) => {
        if (isBusy) return {};
        isBusy = true;
        try {
          return await good(given);
        } finally {
          isBusy = false;
        }
      };
    },
  },
  {
    slip: "changes its state in place",
    finds: "mutates-state",
    within: 2,
    create: () => async (given) => {
      const reaction = await good(given);
      return given.known ? { ...reaction, state: Object.assign(given.known, given.fact) } : reaction;
    },
  },
  {
    slip: "changes its event",
    finds: "mutates-event",
    within: 1,
    create: () => (given) => {
      Object.assign(given.event.data, { seen: true });
      return good(given);
    },
  },
  {
    slip: "says something else in another order",
    finds: "order",
    within: 5,
    create: () =>
      opening(async (given, state) => ({
        state,
        emit: open(given, await given.hold({ key: given.loan }), given.fact.shelf ?? "no"),
      })),
  },
  {
    slip: "asks for an effect in one order only",
    finds: "order-loses-effect",
    within: 5,
    create: () => (given) =>
      given.fact.shelf === undefined ? { state: { ...given.known, ...given.fact } } : good(given),
  },
  {
    slip: "keeps a set",
    finds: "state-forgets",
    within: 1,
    create: () => keeping(({ loan }) => ({ loans: new Set([loan]) })),
  },
  {
    slip: "keeps a date",
    finds: "state-forgets",
    within: 1,
    create: () => keeping(({ event }) => ({ at: new Date(event.time) })),
  },
  {
    slip: "keeps all that it has heard",
    finds: "grows",
    within: 2,
    create: () => keeping(({ event, known }) => ({ heard: [...((known?.heard as string[]) ?? []), event.id] })),
  },
  {
    slip: "forgets that there may be no state",
    finds: "stuck",
    within: 1,
    create: () => (given) => good({ ...given, fact: { ...given.fact, before: (given.known as Facts).shelf } }),
  },
  {
    slip: "throws where an event comes first",
    finds: "waits",
    within: 1,
    create: () => (given) => {
      if (given.fact.shelf !== undefined && !given.known) throw new Error("nobody has asked");
      return good(given);
    },
  },
  {
    slip: "throws where an event comes last",
    finds: "stuck",
    within: 2,
    create: () => (given) => {
      if (given.fact.asked && given.known?.shelf !== undefined) throw new Error("is found already");
      return good(given);
    },
  },
  {
    slip: "takes a valid event for dead",
    finds: "dies",
    within: 1,
    create: () => (given) => {
      if (given.fact.asked) throw new Dead("unknown-reader", "reader: must be known");
      return good(given);
    },
  },
];
