import { shortType } from "../short-type.ts";
import { resultOf } from "./result.ts";
import type { Lane, Mark } from "./waterfall.ts";

/** Something of a lane in words, and when it was. */
export interface Step {
  readonly at: number;
  readonly text: string;
}

/** What comes first of what was in the same millisecond. */
const ORDER = ["published", "handed", "work", "effect", "saved", "said", "letter", "told", "answered"] as const;
interface Ordered extends Step {
  readonly kind: (typeof ORDER)[number];
}

/** All of a lane in time order, for whoever reads it, and for whoever hears it read. */
export function toSteps({ published, attempts, marks, app, head }: Lane): readonly Step[] {
  const steps: Ordered[] = published.map(({ at, app: by, topic }) => ({
    kind: "published",
    at,
    text: `published by ${by ?? "somebody else"}${topic === undefined ? "" : ` to ${topic}`}`,
  }));
  for (const attempt of attempts) {
    const { number, delivered, answered, told, work, fate } = attempt;
    if (delivered) steps.push({ kind: "handed", at: delivered.at, text: `handed to ${app}, attempt ${number}` });
    if (work && work.from > attempt.from) steps.push({ kind: "work", at: work.from, text: "at work" });
    if (told)
      steps.push({ kind: "told", at: work?.to ?? told.at, text: fate === "handled" ? fate : resultOf(attempt) });
    const { outcome = "" } = answered ?? {};
    if (answered) steps.push({ kind: "answered", at: answered.at, text: ANSWERS[outcome] ?? `answered ${outcome}` });
  }
  for (const mark of marks) steps.push({ kind: mark.kind, at: mark.at, text: toText(mark) });
  if (steps.length === 0) steps.push({ kind: "published", at: head.at, text: "first heard of" });
  return steps.toSorted((one, other) => one.at - other.at || ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind));
}

const ANSWERS: Readonly<Record<string, string>> = {
  success: "acknowledged",
  retry: "sent back: it comes again",
  gone: "not reached: it comes again",
  drop: "dropped, as it asked",
  missing: "dropped: it has no such route",
  expired: "its time was over",
  illegible: "not legible",
};

export function toText({ kind, happening: { type, how, key } }: Pick<Mark, "kind" | "happening">): string {
  if (kind === "said") return `said ${shortType(type)}`;
  if (kind === "saved") return "saved its document";
  if (kind === "letter") return "laid among the dead letters";
  return `${how}, key ${key}`;
}

/** Effects that it tried: `charge`, `charge 2 times under 1 key`. */
export function toEffects(marks: readonly Mark[]): string {
  const kinds = Map.groupBy(
    marks.filter(({ kind }) => kind === "effect").map(({ happening }) => happening),
    ({ how = "effect" }) => how,
  );
  return Array.from(kinds, ([kind, those]) => {
    const keys = new Set(those.map(({ key }) => key)).size;
    return those.length === 1 ? kind : `${kind} ${those.length} times under ${keys === 1 ? "1 key" : `${keys} keys`}`;
  }).join(", ");
}
