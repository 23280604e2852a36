import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { bury } from "./bury.ts";
import type { dispatch } from "./dispatch.ts";
import { keeping } from "./due.ts";
import { type Entry, fromStored, type Parked } from "./entry.ts";
import { keptEvent } from "./kept-event.ts";
import { letGo } from "./let-go.ts";
import { ITS_OWN, judge, type Patience } from "./patience.ts";
import { CLOCK_SKEW_MS, type Ports } from "./ports.ts";
import { prepare } from "./prepare.ts";

/** Without an end: whoever handles it dies of it. */
const MOST_STARTS = 3;
const AGAIN_MS = { least: 1_000, most: 30_000 };
/** A broker that had what comes first has brought it again by then, or has lost it. */
const PASSED_MS = 600_000;

interface ParkedOptions {
  readonly documentKey: string;
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly dispatch: typeof dispatch;
  /** As it was read. */
  readonly entry: Entry;
  readonly version: string | undefined;
}

/**
 * Tries a parked event again. Its attempts are kept with it, so that they count whoever makes them, and how often one has begun is
 * written down before: what kills three processes is dead.
 *
 * out  whether it has come to its end
 */
export async function tryParked({
  documentKey,
  fn,
  ports,
  dispatch: run,
  entry,
  version,
}: ParkedOptions): Promise<boolean> {
  const parked = entry.parked as Parked;
  const { ledger, now, deadlineMs } = ports;
  const { body, topic, traceparent, tracestate } = parked;
  const event = keptEvent(body, "what is parked");
  const keep = async (changes: Partial<Parked>) => {
    const { entry: stored, version: expected } = await ledger.load(documentKey);
    if (!stored) return;
    const next: Entry = { ...fromStored(stored), parked: { ...parked, ...changes } };
    await ledger.save(documentKey, next, { expected, ...keeping(next, fn) });
  };

  const begun: Entry = {
    ...entry,
    parked: { ...parked, starts: parked.starts + 1, due: now() + deadlineMs + CLOCK_SKEW_MS },
  };
  // Another relay is at it.
  if (!(await ledger.save(documentKey, begun, { expected: version, ...keeping(begun, fn) }))) return false;
  const origin = { topic, traceparent, tracestate };
  const outcome =
    parked.starts >= MOST_STARTS
      ? await bury(new Dead("crash", `began ${parked.starts} times and never came to an end`), {
          ...{ fn, ports, origin, remains: { event }, work: prepare(fn, event, parked.at), isUnsaid: false },
          signal: AbortSignal.timeout(deadlineMs),
        })
      : await run(fn, { ...origin, event }, { ...ports, ...keepingPlace(ports), patience: patienceOf(parked, ports) });
  if (outcome.kind === "retry") {
    const isBehind = outcome.code === "behind";
    if (isBehind && now() - parked.since > PASSED_MS)
      await ports.parking?.passTurn({
        fn,
        work: prepare(fn, event, parked.at),
        ports,
        signal: AbortSignal.timeout(deadlineMs),
      });
    const isOwn = ITS_OWN.has(outcome.code);
    const waited = isOwn ? parked.spentMs + now() - parked.at : parked.spentMs;
    const pause = Math.min(AGAIN_MS.least * 2 ** parked.attempts, AGAIN_MS.most);
    await keep({
      attempts: parked.attempts + (isOwn ? 1 : 0),
      ...{ spentMs: waited, at: now(), starts: 0, due: now() + (isBehind ? AGAIN_MS.least : pause) },
    });
    return false;
  }
  const { version: last } = await ledger.load(documentKey);
  await letGo(ledger, documentKey, last);
  return true;
}

/** It is parked already. */
const keepingPlace = ({ parking }: Ports): Pick<Ports, "parking"> =>
  parking ? { parking: { ...parking, take: async (retry) => retry } } : {};

/** What was parked has spent its time there: no process has to remember it. */
const patienceOf = ({ attempts, spentMs, at: before }: Parked, { parking }: Ports): Patience => ({
  overdue: () => undefined,
  failed(_key, { step, reason, at }) {
    const trouble = { attempts: attempts + 1, spentMs: spentMs + at - before, last: `${step}: ${reason}` };
    return ITS_OWN.has(step) ? judge(trouble, parking?.ms ?? 0) : undefined;
  },
  done() {},
});
