import * as v from "valibot";
import { defineEvent, defineFunction, type Reaction, when } from "../../functions/kernel/define.ts";
import type { Checked } from "../../functions/kernel/event.ts";
import { type SystemFunction, toFunction } from "../../functions/kernel/system.ts";

const loan = { subject: ({ loan }: { readonly loan: string }) => loan };
const text = v.string();
/** A date is for those who forget what JSON is. */
const answer = v.union([text, v.number(), v.date()]);

export const LoanAsked = Object.assign(
  defineEvent({
    ...{ type: "org.library.loan.asked.v1", topic: "loans", ...loan },
    data: v.object({ loan: text, reader: text, cents: v.number() }),
  }),
  { sample: { loan: "loan-1", reader: "ada", cents: 250 } },
);
export const CopyFound = Object.assign(
  defineEvent({
    ...{ type: "org.library.copy.found.v1", topic: "copies", ...loan },
    data: v.object({ loan: text, shelf: text }),
  }),
  { sample: { loan: "loan-1", shelf: "B 7" } },
);
export const LoanOpened = defineEvent({
  ...{ type: "org.library.loan.opened.v1", topic: "loans", ...loan },
  data: v.object({ loan: text, hold: answer }),
});
export const ReaderTold = defineEvent({
  ...{ type: "org.library.reader.told.v1", topic: "readers", ...loan },
  data: v.object({ loan: text, reader: text }),
});

export interface Facts {
  readonly asked?: { readonly reader: string; readonly cents: number };
  readonly shelf?: string;
  /** Of those who forget what a state is. */
  readonly [other: string]: unknown;
}
export type Hold = (request?: object) => Promise<string>;

export interface Given {
  readonly hold: Hold;
  readonly event: Checked<{ readonly loan: string }>;
  readonly loan: string;
  /** What the event tells. */
  readonly fact: Facts;
  readonly known: Facts | undefined;
}
export type React = (given: Given) => Reaction<Facts> | Promise<Reaction<Facts>>;

/** For tests: a function that hears two event types, and what it does about them. in: made once for each process */
export const deskOf = (create: () => React): SystemFunction<never> =>
  toFunction(({ hold }: { readonly hold: Hold }) => {
    const react = create();
    return defineFunction<Facts>({
      name: "desk",
      keeps: "state",
      on: [
        when(LoanAsked, (event, known) => {
          const { loan, reader, cents } = event.data;
          return react({ hold, event, loan, fact: { asked: { reader, cents } }, known });
        }),
        when(CopyFound, (event, known) => {
          const { loan, shelf } = event.data;
          return react({ hold, event, loan, fact: { shelf }, known });
        }),
      ],
      emits: [LoanOpened, ReaderTold],
    });
  });

type Whole = Facts & Required<Pick<Facts, "asked" | "shelf">>;
export const isWhole = (facts: Facts | undefined): facts is Whole =>
  facts?.asked !== undefined && facts.shelf !== undefined;

/** Opens a loan once it knows who has asked and where the copy is, whichever comes first. */
export const good: React = async ({ hold, event, loan, fact, known }) => {
  const state = { ...fact, ...known };
  if (!isWhole(state) || isWhole(known)) return { state };
  const { reader, cents } = state.asked;
  const held = await hold({ key: loan, cents, eventId: event.id });
  return { state, emit: [LoanOpened({ loan, hold: held }), ReaderTold({ loan, reader })] };
};
