import { styleText } from "node:util";
import type { Change } from "./compare.ts";
import type { Hurt, Row } from "./compat.ts";
import type { Refused, Replayed } from "./replay.ts";

const COLOURS = {
  same: "dim",
  full: "green",
  new: "green",
  backward: "yellow",
  forward: "yellow",
  breaking: "red",
} as const;

/** What to do about it. */
const ADVICE: Readonly<Partial<Record<Row["verdict"], string>>> = {
  backward: "backward: deploy those who consume it before those who say it",
  forward: "forward: deploy those who say it first, and those who consume it when no event of before waits any more",
  breaking:
    "breaking: no order of deployment spares it; make it a new version of the type, with an upcast from this one",
};

/** A line for each event type, below it why, and below all what to do. */
export function toText(rows: readonly Row[]): string {
  const [types, verdicts] = [rows.map(({ type }) => type.length), rows.map(({ verdict }) => verdict.length)];
  const [wide, narrow] = [Math.max(...types, "event type".length), Math.max(...verdicts, "verdict".length)];
  const head = styleText("bold", `${"event type".padEnd(wide)}  ${"verdict".padEnd(narrow)}  who is hurt`);
  const lines = rows.flatMap(({ type, verdict, hurt, changes }) => {
    const styled = styleText(COLOURS[verdict], verdict.padEnd(narrow));
    return [`${type.padEnd(wide)}  ${styled}  ${toNames(hurt)}`.trimEnd(), ...changes.map(toLine)];
  });
  const advice = Object.entries(ADVICE).flatMap(([verdict, text]) =>
    rows.some((row) => row.verdict === verdict) ? [text] : [],
  );
  return [head, ...lines, ...(advice.length > 0 ? ["", ...advice] : [])].join("\n");
}

const toLine = ({ path, what, breaks }: Change): string =>
  `  ${path}: ${what}${breaks.length > 0 ? ` (breaks ${breaks.join(", ")})` : ""}`;

/** As: new billing, old order, others. A new one meets events of before, an old one those that are new. */
function toNames(hurt: readonly Hurt[]): string {
  return hurt.map(({ who, by }) => (who === "others" ? who : `${by === "backward" ? "new" : "old"} ${who}`)).join(", ");
}

/** in: whose events they are */
export function toReplay({ read, refused, unknown }: Replayed, whose: string): string {
  const strange = unknown > 0 ? `, ${unknown} of types that are not known` : "";
  const [first, ...rest] = [`${whose}: ${read} read by the schemas${strange}`, ...refused.map(toRefusal)];
  return [first, ...rest].join("\n");
}

const toRefusal = ({ why, events, wasBefore }: Refused): string =>
  wasBefore ? `  ${events} refused, as before: ${why}` : styleText("red", `  ${events} refused: ${why}`);
