import { styleText } from "node:util";
import type { Finding } from "./findings.ts";
import type { Proof } from "./prove.ts";

/** One function: what was done, and each finding with its history. */
export function toText({ function: name, histories, findings }: Proof): string {
  const faults = findings.filter(({ level }) => level === "fault").length;
  const notes = findings.length - faults;
  const verdict = faults > 0 ? styleText("red", count(faults, "fault")) : styleText("green", "holds");
  const head = `${styleText("bold", name)}  ${verdict}${notes > 0 ? `, ${count(notes, "note")}` : ""}  ${styleText("dim", count(histories, "history", "histories"))}`;
  return [head, ...findings.flatMap(toLines)].join("\n");
}

function toLines({ name, level, line, detail, history }: Finding): readonly string[] {
  const color = level === "fault" ? "red" : "yellow";
  return [
    `  ${styleText(color, name)}  ${line}`,
    ...history.map((each, at) => `    ${at + 1}. ${each}`),
    `    ${styleText("dim", "→")} ${detail}`,
  ];
}

const count = (amount: number, one: string, many = `${one}s`): string => `${amount} ${amount === 1 ? one : many}`;
