import type { Told } from "./told.ts";

/** A line about an event `id` that follows from another, which is handled where nothing else is said. */
export const line = (
  id: string,
  { at, by, after, ...more }: { readonly at: number; readonly by: string; readonly after?: string } & Partial<Told>,
): Told => ({
  ...{
    time: at,
    function: by,
    event: id,
    type: `org.example.${id}.v1`,
    subject: "s-1",
    outcome: "ack",
    how: "handled",
  },
  ...(after === undefined ? {} : { causationid: after, correlationid: "c-1" }),
  ...more,
});

/** `asked` at desk, which says `opened`, which two hear; one of them says `closed`, and a timer of its own. */
export const STORY: readonly Told[] = [
  line("asked", { at: 1, by: "desk", said: ["org.example.opened.v1"] }),
  line("opened", { at: 3, by: "two", after: "asked", outcome: "retry", code: "handler", reason: "Error: no" }),
  line("opened", { at: 4, by: "one", after: "asked", said: ["org.example.closed.v1"] }),
  line("opened", { at: 5, by: "two", after: "asked", outcome: "retry", code: "handler", reason: "Error: no" }),
  line("closed", { at: 6, by: "desk", after: "opened" }),
  line("opened", { at: 7, by: "two", after: "asked", outcome: "dead", code: "handler", reason: "Error: no" }),
];
