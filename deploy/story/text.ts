import pc from "picocolors";
import { shortType, toResult } from "../../adapters/local/story.ts";
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
    pc.dim(time === 0 ? " ".repeat(12) : new Date(time).toISOString().slice(11, 23)),
    what.padEnd(WIDTH),
    toResult({ ...told, said: told.said ?? [] }) + (times > 1 ? pc.yellow(` ${times} times`) : ""),
    pc.dim(`${took}  ${event.slice(0, SHOWN)}`),
  ].join("  ");
}

/** A whole story: its tree, then what became of it in one line, and how to see its dead letters. in: where, as options of a command */
export function toText(lines: readonly Told[], where = ""): string {
  const words = lastWords(lines);
  return [...toRows(lines).map(toRow), "", toSum(words), ...toLetters(words, where)].join("\n");
}

/** What became of it in the end, counted: `3 handled, 1 dead`. */
export function toSum(words: readonly Told[]): string {
  const counts = Map.groupBy(words, fateOf);
  return Array.from(counts, ([fate, those]) => `${those.length} ${fate}`).join(", ");
}

const fateOf = ({ outcome, how }: Told): string =>
  outcome === "dead" ? "dead" : outcome === "retry" ? "to come again" : (how ?? "handled");

/** How to see the letters of what died, a line for each function and code. in: where they are, as options of a command */
export function toLetters(words: readonly Told[], where: string): readonly string[] {
  const dead = words.filter(({ outcome }) => outcome === "dead");
  const places = new Set(dead.map(({ function: name, code }) => `--function ${name} --code ${code}`));
  return Array.from(places, (place) => `The letter: ${pc.bold(`npm run dead -- list ${place}${where}`)}`);
}
