import { DEAD_LETTERS } from "../core/dispatch/dead-letter.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { traceIdOf } from "../core/event/trace.ts";
import type { Said } from "../core/relay/publish.ts";
import { type Trace, toText } from "./trace.ts";

type Step = "load" | "save" | "publish" | "dead-letter";

/**
 * Something that goes wrong at a port, as data.
 *
 * refuse       it fails, and nothing was done
 * lose-answer  it was done, and fails nevertheless
 * hang         it never answers
 * die-before, die-after  the process ends there: no port does anything for it any more
 */
export interface Fault {
  readonly at: Step;
  /** Which call since the start, from 1. Left out: every one. */
  readonly nth?: number;
  readonly how: "refuse" | "lose-answer" | "hang" | "die-before" | "die-after";
}

/** Ports that fail as told and tell what they did. */
export function withFaults(
  ports: Ports,
  { faults, trace }: { readonly faults: readonly Fault[]; readonly trace: Trace },
): Ports {
  const calls = { load: 0, save: 0, publish: 0, "dead-letter": 0 };
  let dead = false;
  const through = async <T>(step: Step, work: () => Promise<T>): Promise<T> => {
    if (dead) refuseDead();
    const nth = ++calls[step];
    const how = faults.find((fault) => fault.at === step && (fault.nth ?? nth) === nth)?.how;
    if (how === "hang") {
      trace({ what: "hung" });
      return new Promise(() => {});
    }
    dead = how === "die-before" || how === "die-after";
    if (how === "refuse" || how === "die-before") throw new Error(`${step} fails`);
    const result = await work();
    if (how === "lose-answer" || how === "die-after") throw new Error(`the answer of ${step} is lost`);
    return result;
  };

  const { ledger, publish, deadLetter } = ports;
  const publishOne: typeof publish = ([said], options) => {
    if (!said) return Promise.resolve();
    return through(said.topic === DEAD_LETTERS ? "dead-letter" : "publish", async () => {
      await publish([said], options);
      tell(trace, said);
    });
  };
  return {
    ...ports,
    observe(observation) {
      const { outcome } = observation;
      if (outcome.kind === "retry" && outcome.code === "timeout") trace({ what: "timed-out" });
      ports.observe?.(observation);
    },
    ledger: {
      ...ledger,
      load: (...call) => through("load", () => ledger.load(...call)),
      loadAll: (...call) => through("load", () => ledger.loadAll(...call)),
      save: (...call) => through("save", () => ledger.save(...call)),
      put: async (...call) => (dead ? refuseDead() : ledger.put(...call)),
    },
    async publish(events, options) {
      for (const said of events) await publishOne([said], options);
    },
    ...(deadLetter
      ? {
          deadLetter: (letter, options) =>
            through("dead-letter", async () => {
              await deadLetter(letter, options);
              tell(trace, letter);
            }),
        }
      : {}),
  };
}

function refuseDead(): never {
  throw new Error("this process is dead");
}

function tell(trace: Trace, { topic, body, traceparent, tracestate }: Said): void {
  const { id, data, deadcode, deadfunction } = JSON.parse(body);
  if (topic === DEAD_LETTERS) trace({ what: "dead-letter", code: deadcode, from: deadfunction });
  else trace({ what: "published", topic, id, data: toText(data), traceId: traceIdOf(traceparent), tracestate });
}
