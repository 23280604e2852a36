import type { Tone } from "../badge.tsx";
import { toneOf } from "./result.ts";
import type { Scale } from "./scale.ts";
import type { Lane, Mark, Waterfall } from "./waterfall.ts";

/** Shares of the width. */
export interface Bar {
  readonly kind: "waiting" | "had" | "work";
  readonly tone: Tone;
  readonly x: number;
  readonly width: number;
  /** 0, or 1 where it lies beside another one. */
  readonly level: 0 | 1;
  readonly from: number;
  readonly to: number;
  readonly number?: number;
}

/** A line from what was said down to who heard it. */
export interface Guide {
  readonly x: number;
  /** From where in the row to where: 0, 0.5 or 1. */
  readonly from: number;
  readonly to: number;
}

export interface RowPicture {
  readonly bars: readonly Bar[];
  readonly marks: readonly { readonly kind: Mark["kind"]; readonly x: number; readonly at: number }[];
  readonly guides: readonly Guide[];
}

/** Less cannot be seen. */
const LEAST = 0.004;

/** Each lane as it is drawn: on the page and in a saved picture. */
export function toPictures({ lanes }: Waterfall, scale: Scale): readonly RowPicture[] {
  const places = new Map(lanes.map(({ key }, index) => [key, index]));
  const guides = lanes.map((): Guide[] => []);
  for (const [below, child] of lanes.entries()) {
    const above = places.get(child.parent ?? "") ?? below;
    const x = scale.at(child.published.at(-1)?.at ?? child.from);
    for (let row = above; above < below && row <= below; row++)
      guides[row]?.push({ x, from: row === above ? 0.5 : 0, to: row === below ? 0.5 : 1 });
  }
  return lanes.map((lane, index) => ({
    bars: toBars(lane, scale),
    marks: lane.marks.map(({ kind, at }) => ({ kind, x: scale.at(at), at })),
    guides: guides[index] ?? [],
  }));
}

export function toBars({ waits, attempts }: Pick<Lane, "waits" | "attempts">, scale: Scale): readonly Bar[] {
  const place = ({ from, to }: { readonly from: number; readonly to: number }) => {
    const x = Math.min(scale.at(from), 1 - LEAST);
    return { from, to, x, width: Math.max(scale.at(to) - x, LEAST) };
  };
  const waiting = waits.map((wait): Bar => ({ kind: "waiting", tone: "dim", level: 0, ...place(wait) }));
  const had = attempts.flatMap((attempt): readonly Bar[] => {
    const { work, fate, isBeside, number } = attempt;
    const level = isBeside ? 1 : 0;
    const bar: Bar = { kind: "had", tone: toneOf(fate), level, number, ...place(attempt) };
    return work ? [bar, { ...bar, kind: "work", ...place(work) }] : [bar];
  });
  return [...waiting, ...seen(had)];
}

/** Thousands of attempts that lie on the same place are one. */
function seen(bars: readonly Bar[]): readonly Bar[] {
  const keys = new Set<string>();
  return bars.filter(({ kind, tone, level, x, width }) => {
    const key = [kind, tone, level, Math.round(x * 1000), Math.round(width * 1000)].join();
    return !keys.has(key) && keys.add(key);
  });
}
