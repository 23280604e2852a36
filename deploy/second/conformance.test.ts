import { describe, expect, it, onTestFinished } from "vitest";
import { TOPIC } from "../../adapters/conformance/handlers.ts";
import { hosts } from "../../adapters/conformance/hosts.ts";
import { structured } from "../../adapters/conformance/messages.ts";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import type { EventType, FunctionDefinition } from "../../functions/kernel/define.ts";
import { createEffects } from "./effects/index.ts";
import { system } from "./functions/index.ts";
import { samples } from "./samples.ts";

/** The hosts of the suite lead one topic to a function. */
const onTopic = (event: EventType): EventType => (event.topic === undefined ? event : { ...event, topic: TOPIC });
const hosted = (fn: FunctionDefinition): FunctionDefinition => ({
  ...fn,
  on: new Map([...fn.on].map(([type, clause]) => [type, { ...clause, event: onTopic(clause.event) }])),
});

const functions = createFunctions(system, createEffects());
const heard = functions.flatMap((fn) =>
  [...fn.on.values()].flatMap(({ event }) =>
    samples.has(event) ? [{ name: fn.name, type: event.type, fn: hosted(fn), data: samples.get(event) }] : [],
  ),
);

it("each function that hears anything hears something here", () => {
  const hearing = functions.filter(({ on }) => [...on.values()].some(({ event }) => event.topic !== undefined));
  expect(new Set(heard.map(({ name }) => name))).toEqual(new Set(hearing.map(({ name }) => name)));
});

describe.each(hosts)("on $name", (host) => {
  it.each(heard)(
    "$name hears $type: it is done, says the same to the same event, and buries what breaks its schema",
    async (each) => {
      const { type, fn, data } = each;
      const running = await host.start({ handler: "works", fn });
      onTestFinished(() => running.stop());
      const said = () => running.trace().filter(({ what }) => what === "published");
      expect(await running.deliver(structured({ type, data }))).toBe("done");
      const first = said();
      expect(await running.deliver(structured({ type, data }))).toBe("done");
      expect(new Set(said().map((entry) => JSON.stringify(entry)))).toEqual(
        new Set(first.map((entry) => JSON.stringify(entry))),
      );
      expect(await running.deliver(structured({ type, id: "e-2", data: {} }))).toBe("done");
      expect(running.trace()).toContainEqual(expect.objectContaining({ what: "dead-letter", code: "schema" }));
    },
  );
});
