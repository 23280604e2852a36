import { styleText } from "node:util";
import type { HostName } from "./hosts.ts";
import { ROWS } from "./report.ts";
import type { Survey } from "./survey.ts";

const TITLES: Readonly<Record<HostName, string>> = { local: "local", dapr: "Dapr", google: "Google", aws: "AWS" };
const GAP = 2;
const LEAST_WIDTH = 14;

/** One function: a table that fits the screen, and below it what does not hold. in: width of the screen, in characters */
export function toTable({ function: name, needCells, placements }: Survey, width: number): string {
  const head = [name, "needs", ...placements.map(({ host }) => TITLES[host])];
  const rows = ROWS.map((row) => [row, needCells[row], ...placements.map(({ cells }) => cells[row])]);
  const first = Math.max(...[head, ...rows].map(([cell = ""]) => cell.length));
  const others = Math.max(LEAST_WIDTH, Math.floor((width - first) / (head.length - 1)) - GAP);
  const widths = head.map((_, column) => (column === 0 ? first : others));
  const lines = [head, ...rows].map((cells, at) =>
    toLines(cells, widths).map((line) => (at === 0 ? styleText("bold", line) : line)),
  );
  const verdicts = placements.flatMap(({ host, faults, caveats }) => [
    ...faults.map((fault) => styleText("red", `${TITLES[host]}: cannot run as promised: ${fault}`)),
    ...caveats.map((caveat) => `${TITLES[host]}: ${caveat}`),
  ]);
  return [...lines.flat(), ...(verdicts.length > 0 ? ["", ...verdicts] : [])].join("\n");
}

/** All functions, a line each. */
export function toList(surveys: readonly Survey[]): string {
  const width = Math.max(...surveys.map(({ function: name }) => name.length));
  const lines = surveys.map(({ function: name, placements }) => {
    const told = placements.map(({ host, faults, caveats, bundle, loadMs }) => {
      const size = bundle ? ` ${Math.round(bundle.startBytes / 1024)} KiB` : "";
      const verdict =
        faults.length > 0
          ? styleText("red", "no")
          : caveats.length > 0
            ? styleText("yellow", "if")
            : styleText("green", "yes");
      return `${TITLES[host]} ${verdict}${size}${loadMs === undefined ? "" : ` ${loadMs} ms`}`;
    });
    return [name.padEnd(width), ...told].join("  ");
  });
  return [
    ...lines,
    styleText("dim", "no: not as promised; if: what it must bear, npm run portability -- FUNCTION says"),
  ].join("\n");
}

function toLines(cells: readonly string[], widths: readonly number[]): readonly string[] {
  const wrapped = cells.map((cell, column) => wrap(cell, widths[column] ?? cell.length));
  const height = Math.max(...wrapped.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    wrapped
      .map((lines, column) => (lines[at] ?? "").padEnd((widths[column] ?? 0) + GAP))
      .join("")
      .trimEnd(),
  );
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
