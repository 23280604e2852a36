import { toDuration } from "../time.tsx";
import type { Span } from "./waterfall.ts";

/** A part of the time, and where it is drawn: from 0 to 1. */
export interface Piece extends Span {
  readonly begin: number;
  readonly end: number;
  /** Shorter than it was: nothing happens in it. */
  readonly isCut: boolean;
}

export interface Scale {
  readonly pieces: readonly Piece[];
  /** Where a moment is drawn: from 0 to 1. */
  at(ms: number): number;
  /** Moments to write beside it, in ms since it begins, as exact as they are apart. */
  readonly ticks: readonly { readonly ms: number; readonly text: string }[];
}

/** A rest of this share of the whole, and so many times as long as all that is none, is cut. */
const REST = 0.3;
const TIMES = 4;
/** As which share it is drawn then. */
const CUT = 0.1;
const TICKS = 5;

/**
 * Time → place. Where everybody waits much longer than anybody works, the rest is cut: what took milliseconds can be seen
 * beside an hour of waiting.
 *
 * in  spans: when something happened, in any order
 */
export function toScale(spans: readonly Span[], { from, to }: Span): Scale {
  const busy = joined([...spans, { from, to: from }, { from: to, to }], (to - from) * 0.01);
  const rests = busy.slice(1).map((span, index) => ({ from: (busy[index] as Span).to, to: span.from }));
  const length = (of: readonly Span[]) => of.reduce((sum, span) => sum + span.to - span.from, 0);
  const work = to - from - length(rests);
  const least = Math.max(REST * (to - from), TIMES * work);
  // Where nothing but waiting is to be seen, it is shown whole.
  const cut = work > 0 ? rests.filter((rest) => rest.to - rest.from > least) : [];
  const shown = Math.max(to - from - length(cut), 1);
  const cutLength = (shown * CUT) / (1 - CUT * cut.length);
  const whole = shown + cutLength * cut.length;
  const pieces: Piece[] = [];
  let at = from;
  let begin = 0;
  const add = (until: number, isCut: boolean) => {
    if (until <= at) return;
    const end = begin + (isCut ? cutLength : until - at) / whole;
    pieces.push({ from: at, to: until, begin, end, isCut });
    [at, begin] = [until, end];
  };
  for (const rest of cut) {
    add(rest.from, false);
    add(rest.to, true);
  }
  add(to, false);
  return { pieces, at: (ms) => placeOf(ms, pieces), ticks: toTicks(pieces, shown) };
}

function placeOf(ms: number, pieces: readonly Piece[]): number {
  const piece = pieces.find((each) => ms <= each.to) ?? pieces.at(-1);
  if (!piece) return 0;
  const share = (Math.min(Math.max(ms, piece.from), piece.to) - piece.from) / (piece.to - piece.from);
  return piece.begin + share * (piece.end - piece.begin);
}

/** Spans that touch, or lie closer than that, as one; in time order. */
function joined(spans: readonly Span[], apart: number): readonly Span[] {
  const out: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = out.at(-1);
    if (last && span.from - last.to <= apart) out[out.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else out.push(span);
  }
  return out;
}

/** As wide as what is written: none stands into the next one. */
const ROOM = 0.07;

function toTicks(pieces: readonly Piece[], shown: number): Scale["ticks"] {
  const step = roundStep(shown / TICKS);
  const start = pieces[0]?.from ?? 0;
  return pieces.flatMap((piece, index) => {
    if (piece.isCut) return [];
    const first = Math.ceil((piece.from - start) / step);
    const count = Math.max(0, Math.floor((piece.to - start) / step) - first + 1);
    const end = pieces[index + 1] ? piece.end - ROOM : 1;
    return Array.from({ length: count }, (_, at) => (first + at) * step)
      .filter((ms) => placeOf(start + ms, [piece]) <= end)
      .map((ms) => ({ ms, text: toText(ms, step) }));
  });
}

function toText(ms: number, step: number): string {
  if (ms === 0) return "0";
  return ms < 1000 || ms >= 60_000 || step >= 1000 ? toDuration(ms) : `${(ms / 1000).toFixed(step < 10 ? 3 : 2)} s`;
}

/** 1, 2 or 5 times a power of ten, at least as much; of seconds and more, as clocks count. */
function roundStep(ms: number): number {
  const clock = CLOCK.find((each) => each >= ms);
  if (ms > 1000 && clock !== undefined) return clock;
  const power = 10 ** Math.floor(Math.log10(Math.max(ms, 0.1)));
  return power * ([1, 2, 5].find((each) => each * power >= ms) ?? 10);
}

const CLOCK = [2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400, 604_800].map((s) => s * 1000);
