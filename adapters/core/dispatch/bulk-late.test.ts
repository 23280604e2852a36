import { expect, it, vi } from "vitest";
import { Dead } from "../../../functions/kernel/outcome.ts";
import type { Said } from "../relay/publish.ts";
import type { Job } from "./receive.ts";
import { gate, startBulks } from "./test-bulk.ts";
import { Heard } from "./test-function.ts";
import { toEvent } from "./test-world.ts";

const message = { headers: {}, body: Buffer.from("no event") };
const jobs: readonly [string, Job][] = [
  ["an event against its schema", { topic: "in", event: toEvent({ ...Heard({ about: "s" }), data: { about: 7 } }) }],
  ["what is no event", { topic: "in", refused: new Dead("json", "data: must be JSON"), message }],
];

it.each(jobs)(
  "%s has one letter, and its end when it comes again, where letters take longer than bulks",
  async (_, job) => {
    const { start } = startBulks();
    const letters: Said[] = [];
    const { opened, open } = gate();
    const deadLetter = async (letter: Said) => {
      letters.push(letter);
      await opened;
    };
    const { bulk } = start({ deadLetter });
    const deliver = () => bulk.dispatchAll([[job]]);
    expect(await deliver()).toMatchObject([{ kind: "retry" }]);
    expect(await deliver()).toMatchObject([{ kind: "retry" }]);
    open();
    await vi.waitFor(async () => expect(await deliver()).toMatchObject([{ kind: "dead" }]));
    expect(letters).toHaveLength(1);
    // Once it was told, it is another's.
    expect(await deliver()).toMatchObject([{ kind: "dead" }]);
    expect(letters).toHaveLength(2);
  },
);
