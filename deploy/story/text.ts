import { styleText } from "node:util";
import { shortType, toResult } from "../../adapters/local/story.ts";
import type { FindLetter } from "./kept.ts";
import type { Told } from "./told.ts";
import { lastWords, type Row, toRows } from "./tree.ts";

/** Of an id, what tells it from others. */
const SHOWN = 8;
const WIDTH = 44;

/** One line: when, who, how deep in the story, what came, what became of it, how long that took, and whose it is. */
export function toRow({ told, depth, times = 1 }: Omit<Row, "times"> & { readonly times?: number }): string {
  const { time, function: name, type, event = "", durationMs } = told;
  const what = `${"  ".repeat(depth)}${name.padEnd(12)}  ${shortType(type)}`;
  const took = durationMs === undefined ? "" : `${String(durationMs).padStart(6)} ms`;
  return [
    styleText("dim", time === 0 ? " ".repeat(12) : new Date(time).toISOString().slice(11, 23)),
    what.padEnd(WIDTH),
    toResult({ ...told, said: told.said ?? [] }) + (times > 1 ? styleText("yellow", ` ${times} times`) : ""),
    styleText("dim", `${took}  ${event.slice(0, SHOWN)}`),
  ].join("  ");
}

/** How letters are found. */
export interface Letters {
  /** As options of `npm run dead`. */
  readonly where: string;
  /** Left out, or where it finds none: they are to be listed. */
  readonly find?: FindLetter | undefined;
}

/** A whole story: its tree, then what became of it in one line, and how to see its dead letters. */
export function toText(lines: readonly Told[], letters: Letters): string {
  const words = lastWords(lines);
  return [...toRows(lines).map(toRow), "", toSum(words), ...toLetters(words, letters)].join("\n");
}

/** What became of it in the end, counted: `3 handled, 1 dead`. */
export function toSum(words: readonly Told[]): string {
  const counts = Map.groupBy(words, fateOf);
  return Array.from(counts, ([fate, those]) => `${those.length} ${fate}`).join(", ");
}

const fateOf = ({ outcome, how }: Told): string =>
  outcome === "dead" ? "dead" : outcome === "retry" ? "to come again" : (how ?? "handled");

/** How to see the letters of what died, each once. */
export function toLetters(words: readonly Told[], { where, find }: Letters): readonly string[] {
  const dead = words.filter(({ outcome }) => outcome === "dead");
  const ways = dead.map((told) => {
    const id = find?.(told);
    return id === undefined ? `list --function ${told.function} --code ${told.code}` : `show ${id}`;
  });
  return Array.from(new Set(ways), (way) => `The letter: ${styleText("bold", `npm run dead -- ${way}${where}`)}`);
}
