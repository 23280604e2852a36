import type { Case, Group } from "../case.ts";
import type { Fault } from "../faults.ts";
import { structured } from "../messages.ts";

const event = structured();
/** Short enough to wait for. */
export const DEADLINE_MS = 150;

/** It fails once, then all is well. */
const recovers = (
  name: string,
  fault: Omit<Fault, "nth"> & { readonly nth?: number },
  more: Partial<Case> & Pick<Case, "handled">,
): Case => ({
  name,
  handler: "says",
  faults: [{ nth: 1, ...fault }],
  ...(fault.how === "hang" ? { deadlineMs: DEADLINE_MS } : {}),
  steps: [
    { send: event, expect: "retry" },
    { again: event, expect: "ack" },
  ],
  published: ["followed"],
  ...more,
});

const stays = (name: string, fault: Fault, handled: number): Case => ({
  name,
  handler: "says",
  faults: [fault],
  steps: [
    { send: event, expect: "retry" },
    { again: event, expect: "retry" },
    { restart: [] },
    { again: event, expect: "ack" },
  ],
  handled,
  published: ["followed"],
});

const dead = (name: string, fault: Fault): Case => ({
  name,
  handler: "dies",
  faults: [fault],
  ...(fault.how === "hang" ? { deadlineMs: DEADLINE_MS } : {}),
  steps: [
    { send: event, expect: "retry" },
    { again: event, expect: { dead: "never" } },
  ],
  handled: 2,
});

export const faults: Group = {
  title: "store and broker fail",
  cases: [
    stays("the store is down: never processed anyway", { at: "load", how: "refuse" }, 1),
    stays("the store takes nothing", { at: "save", how: "refuse" }, 3),
    stays("the broker is down: handled once, said when it is back", { at: "publish", how: "refuse" }, 1),
    recovers("the store fails once to read", { at: "load", how: "refuse" }, { handled: 1 }),
    recovers("the store fails once to save", { at: "save", how: "refuse" }, { handled: 2 }),
    recovers("the store saves, but its answer is lost", { at: "save", how: "lose-answer" }, { handled: 1 }),
    recovers("the store hangs as it reads", { at: "load", how: "hang" }, { handled: 1 }),
    recovers("the store hangs as it saves", { at: "save", how: "hang" }, { handled: 2 }),
    recovers("publishing is refused", { at: "publish", how: "refuse" }, { handled: 1 }),
    recovers("publishing hangs", { at: "publish", how: "hang" }, { handled: 1 }),
    recovers(
      "the broker has it, but its answer is lost: said twice under one id",
      { at: "publish", how: "lose-answer" },
      { handled: 1, published: ["followed", "followed"], ids: 1 },
    ),
    recovers(
      "publishing is refused for the second of two topics",
      { at: "publish", nth: 2, how: "refuse" },
      { handled: 1, topics: ["one", "two"], published: ["one", "one", "two"], ids: 1 },
    ),
    recovers(
      "publishing is refused for the second of two events",
      { at: "publish", nth: 2, how: "refuse" },
      { handler: "says-two", handled: 1, published: ["followed", "followed", "followed"], ids: 2 },
    ),
    dead("a dead letter is refused: not acknowledged before it is stored", {
      at: "dead-letter",
      nth: 1,
      how: "refuse",
    }),
    dead("a dead letter hangs", { at: "dead-letter", nth: 1, how: "hang" }),
    {
      name: "the dead letter of what is no event is refused",
      faults: [{ at: "dead-letter", nth: 1, how: "refuse" }],
      steps: [
        { send: structured({ id: "" }), expect: "retry" },
        { again: structured({ id: "" }), expect: { dead: "attribute" } },
      ],
      handled: 0,
    },
  ],
};
