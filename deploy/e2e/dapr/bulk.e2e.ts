import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { type BrokerKind, brokers } from "./brokers.ts";
import { allHandled, countsOf, DONE_MS, print, troubles } from "./counted.ts";
import { type Counter, startCounter } from "./counter.ts";
import type { Line } from "./counting.ts";

const ORDERED = 10_000;
const KILLED = 4_000;

const counters = new Map<string, Counter>();
afterAll(async () => {
  await Promise.all([...counters.values()].map((counter) => counter.stop()));
});
for (const kind of Object.values(brokers)) describeOn(kind);

function describeOn(kind: BrokerKind): void {
  const missing = whyMissing(`bulks on ${kind.name}`, [daprd, redis, kind.engine]);
  describe.skipIf(missing !== undefined)(`events on ${kind.name}, delivered in bulks`, () => {
    let counter: Counter;
    beforeAll(async () => {
      counter = await startCounter({ kind, dir: freshFolder(`bulk-${kind.name.toLowerCase()}`) });
      counters.set(kind.name, counter);
      await counter.say(
        Object.values(troubles).map((trouble, nth) => ({ document: `trouble-${nth}`, n: 1, ...trouble() })),
      );
    });

    it(`are seen by each document once and in their order, though every 20th fails once: ${ORDERED} of them`, async () => {
      await counter.say(countsOf("ordered", ORDERED, { documents: 1_000, isFailing: true }));
      const lines = await allHandled(counter, "ordered", ORDERED);
      expect(inversionsIn(lines)).toEqual([]);
      expect(repetitionsIn(lines)).toEqual([]);
    });

    it("are all seen once when the service is killed, and then its sidecar", async () => {
      const { pod } = counter;
      const before = counter.lines().length;
      const pastShare = (share: number) =>
        until(() => counter.lines().length - before > KILLED * share, { what: `${share} of them are handled` });
      await counter.say(countsOf("killed", KILLED, { documents: 400, isFailing: true }));
      await pastShare(1 / 4);
      await pod.service().kill();
      await pod.startService();
      await pastShare(2 / 4);
      await pod.sidecar().kill();
      await pod.startSidecar();
      const lines = await allHandled(counter, "killed", KILLED);
      expect(repetitionsIn(lines)).toEqual([]);
      print(`${kind.name}: seen after a later one of the same document, with a service and a sidecar killed`, {
        inversions: inversionsIn(lines).length,
        of: KILLED,
      });
      if (kind === brokers.kafka) expect(inversionsIn(lines)).toEqual([]);
    });
  });
}

describe.skipIf(whyMissing("the end of what failed", [daprd, redis]) !== undefined)(
  "what was trouble, in the end",
  () => {
    it.each(Object.values(brokers))("is handled as well on $name, and nothing is a dead letter", async ({ name }) => {
      const counter = counters.get(name);
      if (!counter) return;
      const said = counter.said().filter((document) => document.startsWith("trouble-"));
      await allHandled(counter, "trouble", said.length, DONE_MS);
      expect(await counter.broker.deadLetters()).toEqual([]);
    });
  },
);

const inversionsIn = (lines: readonly Line[]) => lines.filter(({ n, last }) => n < last);

/** Documents that have not seen each of their events once. */
function repetitionsIn(lines: readonly Line[]): readonly string[] {
  const byDocument = Map.groupBy(lines, ({ document }) => document);
  const isWrong = (own: readonly Line[]) =>
    Math.max(...own.map(({ seen }) => seen)) + 1 !== new Set(own.map(({ n }) => n)).size;
  return [...byDocument].filter(([, own]) => isWrong(own)).map(([document]) => document);
}
