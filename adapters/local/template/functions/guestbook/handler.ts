import { defineFunction, when } from "loosely";
import * as v from "valibot";
import { VisitRequested, VisitSigned } from "../events.ts";

const state = v.object({ name: v.string(), isGreeted: v.boolean() });
export type Visit = v.InferOutput<typeof state>;

interface Effects {
  /** The same key, the same greeting: it may be asked for again. */
  readonly greet: (greeting: { readonly key: string; readonly name: string }) => Promise<void>;
}

/** Writes visitors down, and greets each. It knows no clock, no chance, no host and no network. */
export const createGuestbook = ({ greet }: Effects) =>
  defineFunction<Visit>({
    name: "guestbook",
    state,
    on: [
      when(VisitRequested, ({ data }) => ({
        state: { name: data.name, isGreeted: false },
        emit: [VisitSigned(data)],
      })),
      when(VisitSigned, async ({ data: { name }, subject }) => {
        await greet({ key: `${subject}/greeting`, name });
        return { state: { name, isGreeted: true } };
      }),
    ],
    emits: [VisitSigned],
  });
