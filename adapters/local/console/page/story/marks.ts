import type { Happening } from "../../api-types.ts";
import type { Attempt } from "./attempts.ts";
import { DEAD_LETTERS } from "./fate.ts";
import type { Bare, Mark, Span } from "./waterfall.ts";

/** Between clocks of two processes of one machine. */
const SLACK_MS = 10;

/** Of the lane of an event at a function. */
export const keyOf = (event = "", app = ""): string => `${app}@${event}`;

interface OfLane extends Mark {
  /** The lane's key. */
  readonly of: string;
}

/** What functions did, each in its lane: by its event where one is written, otherwise by what the function was at then. */
export function toMarks(happenings: readonly Happening[], lanes: readonly Bare[]): readonly OfLane[] {
  const byKey = new Map(lanes.map((lane) => [lane.key, lane]));
  const atWork = createAtWork(lanes);
  return happenings.flatMap((happening): readonly OfLane[] => {
    const { app, at, event } = happening;
    const kind = kindOf(happening);
    if (app === undefined || kind === undefined) return [];
    const cause = kind === "said" ? happening.causation : event;
    const of = cause === undefined && kind !== "said" ? atWork(app, at) : keyOf(cause, app);
    const lane = byKey.get(of);
    return lane ? [{ kind, at: kind === "effect" ? triedAt(at, lane.attempts) : at, happening, of }] : [];
  });
}

function kindOf({ kind, topic }: Happening): Mark["kind"] | undefined {
  if (kind === "published") return topic === DEAD_LETTERS ? "letter" : "said";
  return kind === "saved" || kind === "effect" ? kind : undefined;
}

/** out: of a function and a moment: the lane that it was at */
function createAtWork(lanes: readonly Bare[]): (app: string, at: number) => string {
  const works = lanes.flatMap(({ key, app, attempts }) =>
    attempts.map((attempt) => ({ key, app, span: attempt.work ?? attempt })),
  );
  const byApp = Map.groupBy(works, ({ app }) => app);
  return (app, at) => {
    let nearest = { key: "", apart: SLACK_MS };
    for (const { key, span } of byApp.get(app) ?? []) {
      const far = apart(at, span);
      if (far < nearest.apart) nearest = { key, apart: far };
    }
    return nearest.key;
  };
}

/** How far a moment is from a span, in ms. */
const apart = (at: number, { from, to }: Span): number => Math.max(0, from - at, at - to);

/** As long as a log of effects may take to be read: they are known a little later than they were tried. */
const READ_MS = 1000;

function triedAt(at: number, attempts: readonly Attempt[]): number {
  const { work } = attempts.findLast(({ from }) => from <= at) ?? {};
  return work && at > work.to && at - work.to < READ_MS ? work.to : at;
}
