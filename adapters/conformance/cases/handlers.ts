import { type Expected, type Group, once } from "../case.ts";
import type { HandlerName } from "../handlers.ts";
import { Strict } from "../handlers.ts";
import { event, raw, structured } from "../messages.ts";
import { DEADLINE_MS } from "./faults.ts";

const what: readonly [string, HandlerName, Expected][] = [
  ["throws an Error", "throws-error", "retry"],
  ["throws a string", "throws-string", "retry"],
  ["throws undefined", "throws-undefined", "retry"],
  ["throws what cannot be printed", "throws-hostile", "retry"],
  ["rejects", "rejects", "retry"],
  ["throws an error with the code ECONNRESET, which chooses nothing", "throws-reset", "retry"],
  ["throws an error with the status 404, which chooses nothing", "throws-404", "retry"],
  ["says what it does not declare", "undeclared", "retry"],
  ["says that it will never do", "dies", { dead: "never" }],
];

export const handlers: Group = {
  title: "what the handler does",
  cases: [
    once("works and says nothing", structured()),
    once("says one event", structured(), { handler: "says", published: ["followed"], said: { n: 1 } }),
    once("says two events", structured(), {
      handler: "says-two",
      published: ["followed", "followed"],
      ids: 2,
      said: { n: 2 },
    }),
    once("says it to every topic that it is told", structured(), {
      handler: "says",
      topics: ["one", "two"],
      published: ["one", "two"],
      ids: 1,
    }),
    ...what.map(([name, handler, expect]) => once(name, structured(), { handler, expect, handled: 1 })),
    {
      name: "throws once, works when it comes again",
      handler: "works-at-second",
      steps: [
        { send: structured(), expect: "retry" },
        { again: structured(), expect: "ack" },
      ],
      handled: 2,
      published: ["followed"],
    },
    once("never settles", structured(), { handler: "hangs", deadlineMs: DEADLINE_MS, expect: "retry", handled: 1 }),
    once("does not consume the type: ignored, whatever its data", structured({ type: "com.example.other.v9" }), {
      handled: 0,
    }),
    once("gets data that its schema allows", structured({ type: Strict.type, data: { n: 7 } }), {
      data: { is: { n: 7 } },
    }),
    once("gets data that its schema does not allow", structured({ type: Strict.type, data: { n: "7" } }), {
      expect: { dead: "schema" },
    }),
    once("gets no data where its schema wants some", structured({ type: Strict.type, data: undefined }), {
      expect: { dead: "schema" },
    }),
    once("gets an event whose subject contradicts its data", structured({ subject: "another" }), {
      expect: { dead: "subject" },
    }),
    once("gets an event older than the ledger's memory", structured({ time: "2020-01-01T00:00:00Z" }), {
      expect: { dead: "too-old" },
    }),
    once("gets an event whose members it does not know", raw(JSON.stringify(event({ note: "new", number: 3 })))),
  ],
};
