/** What one service's metrics say of it. */
export interface Counted {
  readonly function: string;
  readonly handled: number;
  /** Ignored, unknown, duplicate. */
  readonly passed: number;
  readonly dead: number;
  readonly parked: number;
  readonly due: number;
  readonly isUnsaid: boolean;
}

const SAMPLE = /^(loosely_\w+)\{(.*)\} ([0-9.e+-]+)$/i;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads what `METRICS_PORT` answers.
 *
 * out     undefined where it is no service's
 * source  Prometheus, "Text-based format" 0.0.4; adapters/dapr/metrics.ts
 */
export function readMetrics(text: string): Counted | undefined {
  const samples = text.split("\n").flatMap((line) => {
    const [, name = "", labels = "", value] = SAMPLE.exec(line) ?? [];
    if (value === undefined) return [];
    const told = Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, said]) => [key, said]));
    return [{ name: name.replace(/^loosely_/, ""), labels: told, value: Number(value) }];
  });
  const fn = samples.find(({ labels }) => labels.function)?.labels.function;
  if (fn === undefined) return undefined;
  const sum = (name: string, ...outcomes: readonly string[]) =>
    samples
      .filter((one) => one.name === name && (outcomes.length === 0 || outcomes.includes(one.labels.outcome ?? "")))
      .reduce((total, { value }) => total + value, 0);
  return {
    function: fn,
    handled: sum("events_total", "handled"),
    passed: sum("events_total", "ignored", "unknown", "duplicate"),
    dead: sum("events_total", "dead"),
    parked: sum("parked"),
    due: sum("due"),
    isUnsaid: sum("unsaid_oldest_seconds") > 0,
  };
}
