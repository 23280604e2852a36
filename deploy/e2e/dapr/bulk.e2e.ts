import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { type BrokerKind, brokers } from "./brokers.ts";
import { type Counter, startCounter } from "./counter.ts";
import type { Count, Line } from "./counting.ts";

const EVENTS = 1_000;
/** As handlers that ask somebody. */
const TAKES_MS = 50;
const ROUNDS = { least: 2, most: 8 };
const MOST_OVER = 1.2;
const ORDERED = 10_000;
const KILLED = 4_000;
const FAILS_FOR_MS = 60_000;
/** Pauses between attempts get longer, up to 30 s. */
const DONE_MS = FAILS_FOR_MS + 60_000;

type Trouble = Omit<Count, "document" | "n">;

const troubles: Readonly<Record<string, () => Trouble>> = {
  "one that fails for 60 s": () => ({ failsUntil: Date.now() + FAILS_FOR_MS }),
  "one whose handler takes 8 s": () => ({ takesMs: 8_000 }),
};

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
    });

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
      const least = new Map<string, number>();
      const measure = async (what: string, trouble?: Trouble) => {
        const ms = await timeBeside(trouble);
        least.set(what, Math.min(least.get(what) ?? ms, ms));
      };
      const over = () =>
        Object.keys(troubles).map((what) => [what, (least.get(what) ?? 0) / (least.get("alone") ?? 0)] as const);
      // Of each the least: whatever else the machine does only adds to it.
      const isOver = () => over().some(([, ratio]) => ratio > MOST_OVER);
      for (let rounds = 0; rounds < ROUNDS.least || (rounds < ROUNDS.most && isOver()); rounds++) {
        await measure("alone");
        for (const [what, trouble] of Object.entries(troubles)) await measure(what, trouble());
      }
      print(
        `${kind.name}: a thousand events ${least.get("alone")?.toFixed(0)} ms, beside …`,
        Object.fromEntries(over()),
      );
      expect(over().filter(([, ratio]) => ratio > MOST_OVER)).toEqual([]);
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

const print = (what: string, values: Readonly<Record<string, number>>) =>
  process.stdout.write(`${what} ${JSON.stringify(values)}\n`);

interface CountsOptions {
  readonly documents: number;
  /** Every 20th fails once. */
  readonly isFailing?: boolean;
  readonly takesMs?: number;
}

/** The first events of all documents, then the second, and so on. */
const countsOf = (
  name: string,
  events: number,
  { documents, isFailing = false, takesMs }: CountsOptions,
): readonly Count[] =>
  Array.from({ length: events }, (_, number) => {
    const turn = Math.floor(number / documents);
    const fails = isFailing && (number + turn) % 20 === 0;
    const trouble = { ...(fails ? { failsUntil: 0 } : {}), ...(takesMs === undefined ? {} : { takesMs }) };
    return { document: `${name}-${number % documents}`, n: turn + 1, ...trouble };
  });

/** out: of the documents of that name, once so many events of them are handled */
async function allHandled(
  counter: Counter,
  name: string,
  events: number,
  withinMs = 120_000,
): Promise<readonly Line[]> {
  const ours = () => counter.lines().filter(({ document }) => document.startsWith(`${name}-`));
  const done = new Set<string>();
  let read = 0;
  const isDone = () => {
    const lines = counter.lines();
    for (const { document, n } of lines.slice(read)) if (document.startsWith(`${name}-`)) done.add(`${document} ${n}`);
    read = lines.length;
    return done.size >= events;
  };
  await until(isDone, { what: `all of ${name} are handled`, everyMs: 10, withinMs }).catch((error) => {
    throw new Error(`${done.size} of ${events}: ${error.message}`);
  });
  return ours();
}

const inversionsIn = (lines: readonly Line[]) => lines.filter(({ n, last }) => n < last);

/** Documents that have not seen each of their events once. */
function repetitionsIn(lines: readonly Line[]): readonly string[] {
  const byDocument = Map.groupBy(lines, ({ document }) => document);
  const isWrong = (own: readonly Line[]) =>
    Math.max(...own.map(({ seen }) => seen)) + 1 !== new Set(own.map(({ n }) => n)).size;
  return [...byDocument].filter(([, own]) => isWrong(own)).map(([document]) => document);
}
