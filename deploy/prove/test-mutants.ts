import { Dead } from "../../functions/kernel/outcome.ts";
import { good } from "./test-desk.ts";
import { ASIDE } from "./test-mutants-aside.ts";
import { asking, type Mutant, open, opening } from "./test-slips.ts";

let tries = 0;

/** For tests: slips in what a handler asks for. */
const EFFECTS: readonly Mutant[] = [
  { slip: "asks without a key", finds: "no-key", within: 2, create: () => asking(() => ({ cents: 1 })) },
  { slip: "asks with nothing", finds: "no-key", within: 2, create: () => asking(() => undefined) },
  {
    slip: "makes a key by chance",
    finds: "chance",
    within: 2,
    create: () => asking(() => ({ key: `${Math.random()}` })),
  },
  {
    slip: "makes a key of a UUID",
    finds: "chance",
    within: 2,
    create: () => asking(() => ({ key: crypto.randomUUID() })),
  },
  {
    slip: "makes a key of the time",
    finds: "clock",
    within: 2,
    create: () => asking(({ loan }) => ({ key: `${loan} ${Date.now()}` })),
  },
  {
    slip: "makes a key of how often it was asked",
    finds: "outside",
    within: 3,
    create: () => asking(({ loan }) => ({ key: `${loan} ${tries++}` })),
  },
  {
    slip: "makes a key without the subject",
    finds: "key-reused",
    within: 5,
    create: () => asking(() => ({ key: "hold" })),
  },
  {
    slip: "makes a key of JSON",
    finds: "key-order",
    within: 2,
    create: () => asking(({ event }) => ({ key: JSON.stringify(event.data) })),
  },
  {
    slip: "asks for each event under one key of the subject",
    finds: "key-reused",
    within: 2,
    create: () => async (given) => {
      await given.hold({ key: given.loan, about: given.fact });
      return good(given);
    },
  },
  {
    slip: "goes on where an effect failed",
    finds: "swallowed",
    within: 2,
    create: () =>
      opening(async (given, state) => ({
        state,
        emit: open(given, await given.hold({ key: given.loan }).catch(() => "none")),
      })),
  },
  {
    slip: "says nothing where an effect failed",
    finds: "swallowed",
    within: 2,
    create: () => (given) => Promise.resolve(good(given)).catch(() => ({})),
  },
  {
    slip: "goes on where an effect failed, soon after its process began",
    finds: "swallowed",
    within: 3,
    create: () => {
      let isWarm = false;
      return async (given) => {
        try {
          return await good(given);
        } catch (error) {
          if (isWarm) throw error;
          return {};
        } finally {
          isWarm = true;
        }
      };
    },
  },
  {
    slip: "goes on where an effect failed, in the third event of a subject",
    finds: "swallowed",
    within: 3,
    runs: 600,
    create: () => async (given) => {
      const heard = Number(given.known?.heard ?? 0) + 1;
      const { state, ...rest } = await Promise.resolve(good(given)).catch((error: unknown) => {
        if (heard < 3) throw error;
        return { state: given.known };
      });
      return { ...rest, state: { ...state, heard } };
    },
  },
  {
    slip: "buries an event for an outage",
    finds: "ends-otherwise",
    within: 2,
    create: () => (given) =>
      Promise.resolve(good(given)).catch(() => {
        throw new Dead("hold", "hold: must be there");
      }),
  },
  {
    slip: "does not wait for an effect",
    finds: "not-awaited",
    within: 2,
    create: () =>
      opening((given, state) => {
        void given.hold({ key: given.loan });
        return { state, emit: open(given, "soon") };
      }),
  },
  {
    slip: "asks twice",
    finds: "asked-twice",
    within: 2,
    create: () =>
      opening(async (given, state) => ({
        state,
        emit: open(given, [await given.hold({ key: given.loan }), await given.hold({ key: given.loan })].join()),
      })),
  },
  {
    slip: "asks first, and then finds that the event cannot be handled",
    finds: "effect-then-throws",
    within: 1,
    create: () => async (given) => {
      await given.hold({ key: given.loan });
      if (given.fact.shelf === undefined) throw new Dead("no-shelf", "shelf: must be known");
      return {};
    },
  },
];

/** For tests: each way in which a handler was found to be wrong. */
export const MUTANTS: readonly Mutant[] = [...EFFECTS, ...ASIDE];
