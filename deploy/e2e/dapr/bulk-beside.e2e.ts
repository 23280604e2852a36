import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { median } from "../../bench/section.ts";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { type BrokerKind, brokers } from "./brokers.ts";
import { allHandled, countsOf, print, type Trouble, troubles } from "./counted.ts";
import { type Counter, startCounter } from "./counter.ts";
import type { Count } from "./counting.ts";

// Times are compared: nothing else should run.

const EVENTS = 1_000;
/** As handlers that ask somebody. */
const TAKES_MS = 50;
const ROUNDS = { least: 3, most: 9 };
const MOST_OVER = 1.2;

for (const kind of Object.values(brokers)) describeOn(kind);

function describeOn(kind: BrokerKind): void {
  const missing = whyMissing(`bulks on ${kind.name}`, [daprd, redis, kind.engine]);
  describe.skipIf(missing !== undefined)(`events on ${kind.name}, delivered in bulks`, () => {
    let counter: Counter;
    beforeAll(async () => {
      counter = await startCounter({ kind, dir: freshFolder(`bulk-beside-${kind.name.toLowerCase()}`) });
    });
    afterAll(() => counter?.stop());

    let round = 0;
    /** out: ms until a thousand are handled beside one that is trouble, if there is any */
    const timeBeside = async (trouble?: Trouble): Promise<number> => {
      const name = `round-${++round}`;
      const first: Count = { document: `trouble-${name}`, n: 1, ...trouble };
      const others = countsOf(name, EVENTS, { documents: 200, takesMs: TAKES_MS });
      // All of them wait before it begins: how long saying takes is the broker's business.
      const { pid } = counter.pod.service();
      process.kill(pid, "SIGSTOP");
      await counter.say(trouble ? [first, ...others] : others).finally(() => process.kill(pid, "SIGCONT"));
      const begun = performance.now();
      await allHandled(counter, name, EVENTS);
      return performance.now() - begun;
    };

    it("take hardly longer beside one that fails for 60 s, or whose handler takes 8 s: a thousand of them", async () => {
      await timeBeside();
      const ratios = new Map(Object.keys(troubles).map((what): [string, number[]] => [what, []]));
      const over = () => Array.from(ratios, ([what, all]) => [what, median(all)] as const);
      const isOver = () => over().some(([, ratio]) => ratio > MOST_OVER);
      for (let rounds = 0; rounds < ROUNDS.least || (rounds < ROUNDS.most && isOver()); rounds++) {
        const alone = await timeBeside();
        for (const [what, trouble] of Object.entries(troubles))
          ratios.get(what)?.push((await timeBeside(trouble())) / alone);
      }
      print(`${kind.name}: a thousand events, over what they take alone, beside …`, Object.fromEntries(over()));
      expect(over().filter(([, ratio]) => ratio > MOST_OVER)).toEqual([]);
    });
  });
}
