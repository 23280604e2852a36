import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { bury } from "./bury.ts";
import { decode } from "./decode.ts";
import type { dispatch } from "./dispatch.ts";
import { keeping } from "./due.ts";
import { EMPTY, type Entry, fromStored, type Parked } from "./entry.ts";
import type { Patience } from "./patience.ts";
import { CLOCK_SKEW_MS, type Ports } from "./ports.ts";
import { prepare } from "./prepare.ts";

/** Before an event is given up. */
const LEAST_ATTEMPTS = 3;
/** Without an end: whoever handles it dies of it. */
const MOST_STARTS = 3;
const AGAIN_MS = { least: 1_000, most: 30_000 };
const GONE_MS = 1_000;
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
  const [decoded] = decode({ headers: STRUCTURED, body: Buffer.from(body) }, { maxBytes: Number.POSITIVE_INFINITY });
  if (!decoded || !("event" in decoded)) throw new TypeError("what is parked: must be an event");
  const { event } = decoded;
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
    const isOwn = OWN.has(outcome.code);
    const waited = isOwn ? parked.spentMs + now() - parked.at : parked.spentMs;
    const pause = Math.min(AGAIN_MS.least * 2 ** parked.attempts, AGAIN_MS.most);
    await keep({
      attempts: parked.attempts + (isOwn ? 1 : 0),
      ...{ spentMs: waited, at: now(), starts: 0, due: now() + (isBehind ? AGAIN_MS.least : pause) },
    });
    return false;
  }
  const { version: last } = await ledger.load(documentKey);
  if (last !== undefined) await ledger.save(documentKey, EMPTY, { expected: last, ttlMs: GONE_MS });
  return true;
}

const STRUCTURED = { "content-type": "application/cloudevents+json" };
const OWN: ReadonlySet<string> = new Set(["handler", "timeout"]);

/** It is parked already. */
const keepingPlace = ({ parking }: Ports): Pick<Ports, "parking"> =>
  parking ? { parking: { ...parking, take: async (retry) => retry } } : {};

/** What was parked has spent its time there: no process has to remember it. */
const patienceOf = ({ attempts, spentMs, at: last }: Parked, { parking }: Ports): Patience => ({
  overdue: () => undefined,
  failed(_key, { step, reason, at }) {
    const spent = spentMs + at - last;
    if (!OWN.has(step) || attempts + 1 < LEAST_ATTEMPTS || spent < (parking?.ms ?? 0)) return undefined;
    return new Dead(
      "exhausted",
      `failed ${attempts + 1} times in ${Math.round(spent / 1_000)} s, last: ${step}: ${reason}`,
    );
  },
  done() {},
});
