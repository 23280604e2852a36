import type { Happening } from "../../api-types.ts";
import type { Fate } from "./fate.ts";
import type { Waterfall } from "./waterfall.ts";

export interface StorySum {
  readonly fates: readonly { readonly fate: Fate; readonly count: number }[];
  /** Who was at work longest, and how long. */
  readonly slowest?: { readonly app: string; readonly workedMs: number };
  readonly effects: readonly { readonly kind: string; readonly tried: number; readonly keys: number }[];
}

/** A story in a line. */
export function toSum({ lanes }: Waterfall, happenings: readonly Happening[]): StorySum {
  const fates = Map.groupBy(lanes, ({ fate }) => fate);
  const apps = Map.groupBy(
    lanes.filter(({ app }) => app !== undefined),
    ({ app = "" }) => app,
  );
  const worked = Array.from(apps, ([app, those]) => ({
    app,
    workedMs: those.reduce((sum, { workedMs }) => sum + workedMs, 0),
  }));
  const slowest = worked.toSorted((one, other) => other.workedMs - one.workedMs)[0];
  const effects = Map.groupBy(
    happenings.filter(({ kind }) => kind === "effect"),
    ({ how = "effect" }) => how,
  );
  return {
    fates: Array.from(fates, ([fate, { length: count }]) => ({ fate, count })),
    ...(slowest && slowest.workedMs > 0 && apps.size > 1 && { slowest }),
    effects: Array.from(effects, ([kind, those]) => ({
      kind,
      tried: those.length,
      keys: new Set(those.map(({ key }) => key)).size,
    })),
  };
}
