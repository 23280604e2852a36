import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Ports } from "../dispatch/ports.ts";
import { fromStored, saidMark } from "../ledger/entry.ts";
import { marksOf } from "../ledger/marks.ts";
import { DAY_MS, RETENTION } from "../ledger/retention.ts";
import { saidOf } from "../ledger/said-of.ts";
import { ITSELF } from "./publish.ts";

type ResayPorts = Pick<Ports, "ledger" | "publish" | "now" | "deadlineMs" | "retention">;

export interface ResayOptions {
  /** Whether what was said then is lost, in ms since the epoch. */
  readonly isLost: (at: number) => boolean;
  /** Only counts. */
  readonly isDry?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Is called for each document. */
  readonly onLooked?: (resaid: Resaid, of: number) => void;
}

/** What was found and done. */
export interface Resaid {
  /** Documents. */
  readonly looked: number;
  /** Events that say something. */
  readonly said: number;
  /** Documents of which something could not be said. */
  readonly failed: number;
}

/** Documents at once. */
const AT_ONCE = 4;
/** So many fail where the broker or the ledger is away. */
const MOST_FAILED = 20;
const MOST_TOLD = 1_000_000;
/** That it is done, while the variable may still be there that asks for it. */
const RESAID_KEPT_MS = 32 * DAY_MS;

/**
 * Says again what a broker has lost: of each document that has state, what it is not known to have said before the loss or after it,
 * the same bytes. Whatever else was lost follows from that, or from what the broker delivers again. Only marks are written, so
 * that it may be ended at any time, and done again.
 *
 * throws  when the ledger cannot tell which documents there are
 */
export async function resay(fn: FunctionDefinition, ports: ResayPorts, options: ResayOptions): Promise<Resaid> {
  const { ledger, now, retention: { saidMs } = RETENTION } = ports;
  const { signal, onLooked } = options;
  const asked = { until: now() + saidMs + DAY_MS, most: MOST_TOLD, isPeek: true, signal };
  const all = (await ledger.due?.(fn.documents, asked)) ?? [];
  const keys = all.values();
  let sum: Resaid = { looked: 0, said: 0, failed: 0 };
  const work = async () => {
    for (const documentKey of keys) {
      if (signal?.aborted || sum.failed >= MOST_FAILED) return;
      const { said, isDone } = await resayOne(documentKey, ports, options).catch(() => ({ said: 0, isDone: false }));
      sum = { looked: sum.looked + 1, said: sum.said + said, failed: sum.failed + (isDone ? 0 : 1) };
      onLooked?.(sum, all.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await marksOf(ports).flush();
  return sum;
}

/**
 * The same, once for all processes of a function and however often they start.
 *
 * in   name: of what was lost
 * out  undefined where it has been done
 */
export async function resayOnce(
  fn: FunctionDefinition,
  ports: ResayPorts,
  { name, ...options }: Omit<ResayOptions, "isDry"> & { readonly name: string },
): Promise<Resaid | undefined> {
  const { ledger } = ports;
  const key = `${fn.documents}-resaid-${name}`;
  const { entry, version } = await ledger.load(key);
  if (entry) return undefined;
  const resaid = await resay(fn, ports, options);
  // Two at the same time say it twice.
  if (resaid.failed === 0 && options.signal?.aborted !== true)
    await ledger.save(key, { v: 1 }, { expected: version, ttlMs: RESAID_KEPT_MS });
  return resaid;
}

async function resayOne(
  documentKey: string,
  ports: ResayPorts,
  { isLost, isDry = false }: ResayOptions,
): Promise<{ readonly said: number; readonly isDone: boolean }> {
  const { ledger, publish, now, deadlineMs } = ports;
  const marks = marksOf(ports);
  const { entry } = await ledger.load(documentKey);
  const outgoing = Object.entries(fromStored(entry).outbox ?? {})
    .filter(([, { at, said }]) => at <= now() && said[0]?.topic !== ITSELF)
    .sort(([, one], [, other]) => one.at - other.at)
    .map(([key, one]) => ({ mark: saidMark(documentKey, key), ...one }));
  // What is not marked is taken for lost: a relay marks nothing, and marks are written later.
  const said = await saidOf(
    outgoing.map(({ mark }) => mark),
    { ledger, known: marks, isSaid: (at) => !isLost(at) },
  );
  const lost = outgoing.filter(({ mark }) => !said.has(mark));
  let done = 0;
  for (const { mark, said: bodies } of lost) {
    try {
      if (!isDry) {
        await publish(bodies, { signal: AbortSignal.timeout(deadlineMs) });
        marks.add(mark, now());
      }
      done++;
    } catch {
      // What it said next is not to come before it.
      break;
    }
  }
  return { said: done, isDone: done === lost.length };
}
