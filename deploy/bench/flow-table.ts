import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bar, Section } from "./section.ts";

const FOUND = join(import.meta.dirname, "flow.json");

/** Keeps what a run has found, for adapters/dapr/speed.md. */
export const keepFlow = (sections: readonly Section[]): void =>
  writeFileSync(FOUND, `${JSON.stringify(sections, undefined, 2)}\n`);

/** What the last run that was kept has found. */
export const readFlow = (): readonly Section[] => JSON.parse(readFileSync(FOUND, "utf8"));

/** The tables of adapters/dapr/speed.md: what the flow takes. out: Markdown */
export function toFlowTables(): string {
  const sections = readFlow();
  const bars = sections.flatMap(({ bars }) => bars).map(toCells);
  return [
    toTable([["figure", "measured", "held by CI"], ...bars]),
    ...sections.flatMap(({ title, head, rows }) => [`${title}:`, toTable([head, ...rows])]),
  ].join("\n\n");
}

const toCells = ({ what, value, least, most }: Bar): readonly string[] => [
  what,
  value.toFixed(2),
  least === undefined ? `≤ ${most}` : `≥ ${least}`,
];

const toTable = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
