import { setTimeout as sleep } from "node:timers/promises";
import { createRecent } from "../../adapters/core/ledger/recent.ts";
import type { Sums } from "../../adapters/local/console/api-types.ts";
import { toTold } from "../../adapters/local/console/chronicle.ts";
import type { History } from "../../adapters/local/console/history-types.ts";
import { ask } from "../dead/http.ts";
import { createTail } from "../story/files.ts";
import { followNamespace } from "../story/remote.ts";
import type { Told } from "../story/told.ts";
import { fromSpan, type Span } from "./happenings.ts";
import { type Counted, readMetrics } from "./metrics.ts";

const LOOK_MS = 200;
const METRICS_MS = 2_000;
const TRACES_MS = 2_000;
const MOST_TRACES = 100;
/** Spans come a while after they ended: looked for again, and shown once. */
const TRACES_BACK_MS = 60_000;
const HALF_KNOWN = 50_000;

export interface Places {
  /** Whose `kubectl logs` are followed. */
  readonly namespace?: string | undefined;
  /** Logs that grow. */
  readonly logs: readonly string[];
  /** Of services: what METRICS_PORT answers. */
  readonly metrics: readonly string[];
  /** Of Zipkin. */
  readonly zipkin?: string | undefined;
}

/** What is seen of a system that runs elsewhere. */
export interface Watched {
  /** One a metrics address: what it said last, undefined where it does not answer. */
  services(): readonly { readonly url: string; readonly counted: Counted | undefined }[];
  sums(): Sums;
  /** Resolves when nothing more is looked at. */
  close(): Promise<void>;
}

/** Looks at logs, metrics and traces, and appends what they say. complain: once for each place that does not answer */
export function watch(
  { namespace, logs, metrics, zipkin }: Places,
  { history, complain }: { readonly history: Pick<History, "append">; readonly complain: (text: string) => void },
): Watched {
  const end = new AbortController();
  const correlations = createRecent<string>(HALF_KNOWN);
  const silent = new Set<string>();
  const counts = new Map<string, Counted | undefined>(metrics.map((url) => [url, undefined]));

  const hear = (told: Told) => {
    const { traceId, correlationid } = told;
    if (traceId !== undefined && correlationid !== undefined) correlations.set(traceId, correlationid);
    history.append(toTold({ ...told }));
  };
  /** One place after the other, again and again. */
  const every = async (ms: number, look: () => Promise<void> | void) => {
    while (!end.signal.aborted) {
      await look();
      // Told to end: the loop sees it.
      await sleep(ms, undefined, { signal: end.signal }).catch(() => {});
    }
  };
  /** out: undefined where it does not answer, which is told once until it does */
  const get = async (url: string): Promise<string | undefined> => {
    try {
      const { status, text } = await ask(url, { method: "GET" });
      if (status !== 200) throw new Error(`${url}: answers ${status}`);
      if (silent.delete(url)) complain(`${url}: answers again`);
      return text;
    } catch (error) {
      if (!silent.has(url) && !end.signal.aborted) complain((error as Error).message);
      silent.add(url);
      return undefined;
    }
  };

  const tail = createTail(() => logs);
  const seen = createRecent<true>(HALF_KNOWN);
  const running = [
    ...(namespace === undefined
      ? []
      : [
          followNamespace(namespace, { hear, signal: end.signal }).catch(({ message }: Error) => {
            if (!end.signal.aborted) complain(message);
          }),
        ]),
    ...(logs.length === 0
      ? []
      : [
          every(LOOK_MS, () => {
            for (const told of tail.read().toSorted((one, other) => one.time - other.time)) hear(told);
          }),
        ]),
    ...metrics.map((url) =>
      every(METRICS_MS, async () => {
        const text = await get(url);
        counts.set(url, text === undefined ? undefined : readMetrics(text));
      }),
    ),
    ...(zipkin === undefined
      ? []
      : [
          every(TRACES_MS, async () => {
            const query = `limit=${MOST_TRACES}&lookback=${TRACES_BACK_MS}&endTs=${Date.now()}`;
            const text = await get(`${zipkin.replace(/\/$/, "")}/api/v2/traces?${query}`);
            const spans = (text === undefined ? [] : JSON.parse(text)).flat() as readonly Span[];
            for (const span of spans.toSorted((one, other) => (one.timestamp ?? 0) - (other.timestamp ?? 0))) {
              const key = `${span.traceId} ${span.id}`;
              const said = seen.get(key) ? undefined : fromSpan(span);
              seen.set(key, true);
              if (said) history.append({ ...said, correlation: correlations.get(span.traceId) ?? span.traceId });
            }
          }),
        ]),
  ];

  return {
    services: () => [...counts].map(([url, counted]) => ({ url, counted })),
    sums() {
      const all = [...counts.values()].filter((counted) => counted !== undefined);
      const sum = (of: (counted: Counted) => number) => all.reduce((total, counted) => total + of(counted), 0);
      const [handled, passed, dead] = [sum((one) => one.handled), sum((one) => one.passed), sum((one) => one.dead)];
      return { events: 0, owed: handled + passed + dead, handled, passed, dead, open: 0, effects: [] };
    },
    async close() {
      end.abort();
      await Promise.all(running);
    },
  };
}
