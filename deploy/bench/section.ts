/** One table of the benchmark. Ratios only: figures of one machine say nothing about another. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly bars: readonly Bar[];
}

/** What must hold on any machine. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
}

export const holds = ({ value, least = -Infinity, most = Infinity }: Bar): boolean => value >= least && value <= most;

export function describeBar({ what, value, least, most }: Bar): string {
  return `${what}: ${value.toFixed(2)} (${least === undefined ? `≤ ${most}` : `≥ ${least}`})`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** out: Markdown */
export function toMarkdown({ title, head, rows, bars }: Section): string {
  const table = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  const limits = bars.map((bar) => `- ${holds(bar) ? "✓" : "✗"} ${describeBar(bar)}`);
  return [`### ${title}`, "", ...table, "", ...limits].join("\n");
}
