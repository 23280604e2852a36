import type { FindingName } from "./findings.ts";
import { type Facts, type Given, good, isWhole, LoanOpened, type React, ReaderTold } from "./test-desk.ts";

/** A slip in a good handler. */
export interface Mutant {
  readonly slip: string;
  readonly finds: FindingName;
  /** Lines of the history that shows it. */
  readonly within: number;
  /** Of histories at random, where no shorter one shows it. Left out: few. */
  readonly runs?: number;
  readonly create: () => React;
}

export const open = ({ loan }: Given, hold: string | number | Date, reader = "ada") => [
  LoanOpened({ loan, hold }),
  ReaderTold({ loan, reader }),
];
/** The good handler, with something else where it opens the loan. */
export const opening =
  (react: (given: Given, state: Facts) => ReturnType<React>): React =>
  (given) => {
    const { fact, known } = given;
    const state = { ...fact, ...known };
    return isWhole(state) && !isWhole(known) ? react(given, state) : { state };
  };
/** in: what it asks for, beside the event's id */
export const asking = (request: (given: Given) => object | undefined): React =>
  opening(async (given, state) => ({ state, emit: open(given, await given.hold(request(given))) }));
/** in: what it says, in place of what was held */
export const saying = (what: (given: Given) => string | number | Date | undefined): React =>
  opening(async (given, state) => {
    await given.hold({ key: given.loan });
    return { state, emit: open(given, what(given) ?? "nothing") };
  });
/** in: what it keeps besides */
export const keeping =
  (more: (given: Given) => object): React =>
  async (given) => {
    const { state, ...rest } = await good(given);
    return { ...rest, state: { ...state, ...more(given) } };
  };
