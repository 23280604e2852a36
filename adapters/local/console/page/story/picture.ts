import type { Tone } from "../badge.tsx";
import { shortType } from "../short-type.ts";
import { toDuration } from "../time.tsx";
import { resultOfLane, toneOf } from "./result.ts";
import { type Bar, type RowPicture, toPictures } from "./row-picture.ts";
import { type Scale, toScale } from "./scale.ts";
import { MARKS } from "./timeline.tsx";
import { busyOf, type Lane, type Waterfall } from "./waterfall.ts";

const ROW = 28;
const HEAD = 76;
const FOOT = 40;
const WIDTH = 1240;
/** Where the columns begin. */
const [NAME, RESULT, WORKED, TIME] = [20, 330, 640, 660];
const TIME_WIDTH = WIDTH - TIME - 24;
const INDENT = 12;
const DEEPEST = 8;

/** By themselves: what is saved stands in no page. */
const COLORS: Readonly<Record<Tone, string>> = {
  good: "#12703a",
  warn: "#8a5300",
  bad: "#b3261e",
  dim: "#586374",
  plain: "#1d5fc4",
};
const [BACK, TEXT, DIM, RULE, WAITING] = ["#ffffff", "#1b2430", "#586374", "#dce1e8", "#9aa5b4"];

export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** A story to look at somewhere else: what each function did when, and nothing of what events say. */
export function toPicture(waterfall: Waterfall, title: string): Picture {
  const scale = toScale(waterfall.lanes.flatMap(busyOf), waterfall);
  const pictures = toPictures(waterfall, scale);
  const height = HEAD + waterfall.lanes.length * ROW + FOOT;
  const when = `${new Date(waterfall.from).toISOString()}, ${toDuration(waterfall.to - waterfall.from)}`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13">`,
    rect({ x: 0, y: 0, width: WIDTH, height, fill: BACK }),
    text(title, { x: NAME, y: 28, size: 16, weight: 650 }),
    text(when, { x: NAME, y: 48, fill: DIM }),
    ...toRuler(scale, { from: waterfall.from, height }),
    ...waterfall.lanes.flatMap((lane, index) => toRow(lane, pictures[index] as RowPicture, HEAD + index * ROW)),
    ...toLegend(height - 16),
    "</svg>",
  ];
  return { svg: svg.join("\n"), width: WIDTH, height };
}

const toX = (share: number): number => Math.round((TIME + share * TIME_WIDTH) * 10) / 10;

function toRuler(scale: Scale, { from, height }: { from: number; height: number }): readonly string[] {
  const bottom = height - FOOT;
  const ticks = scale.ticks.flatMap(({ ms, text: label }) => {
    const x = toX(scale.at(from + ms));
    return [line({ x, from: HEAD - 8, to: bottom }), text(label, { x, y: HEAD - 14, fill: DIM, size: 11 })];
  });
  const cuts = scale.pieces
    .filter(({ isCut }) => isCut)
    .flatMap(({ begin, end, from: begun, to }) => {
      const x = toX(begin);
      const width = toX(end) - x;
      return [
        rect({ x, y: HEAD - 8, width, height: bottom - HEAD + 8, fill: "#eef1f5" }),
        text(toDuration(to - begun), { x: x + 4, y: HEAD - 14, fill: DIM, size: 11 }),
      ];
    });
  return [...cuts, ...ticks];
}

function toRow(lane: Lane, { bars, marks, guides }: RowPicture, y: number): readonly string[] {
  const base = y + 18;
  const x = NAME + Math.min(lane.depth, DEEPEST) * INDENT;
  const { app = "nobody", fate, attempts, workedMs } = lane;
  const times = attempts.length > 1 ? ` (${attempts.length} attempts)` : "";
  return [
    `<text x="${x}" y="${base}" fill="${TEXT}"><tspan font-weight="650">${escaped(app)}</tspan> ${escaped(shortType(lane.head.type))}</text>`,
    text(shortened(resultOfLane(lane) + times), { x: RESULT, y: base, fill: COLORS[toneOf(fate)] }),
    text(toDuration(workedMs), { x: WORKED, y: base, anchor: "end", fill: DIM }),
    ...guides.map(({ x: at, from, to }) =>
      line({ x: toX(at), from: y + from * ROW, to: y + to * ROW, color: WAITING }),
    ),
    ...bars.map((bar) => toBar(bar, y)),
    ...marks.map(({ kind, x: at }) => {
      const { path, y: down } = MARKS[kind];
      const isStroke = kind === "letter";
      const color = isStroke ? COLORS.bad : TEXT;
      return `<path transform="translate(${toX(at)} ${y + down})" d="${path}" ${isStroke ? `stroke="${color}" stroke-width="2"` : `fill="${color}"`}/>`;
    }),
  ];
}

function toBar({ kind, tone, x, width, level }: Bar, y: number): string {
  const at = { x: toX(x), width: Math.max(2, Math.round(width * TIME_WIDTH * 10) / 10) };
  if (kind === "waiting") return rect({ ...at, y: y + 12, height: 4, fill: WAITING });
  const place = { ...at, y: y + 7 + level * 4, height: 14 - level * 4 };
  if (kind === "work") return rect({ ...place, fill: COLORS[tone] });
  return rect({ ...place, fill: BACK, stroke: COLORS[tone] });
}

const toLegend = (y: number): readonly string[] => [
  rect({ x: TIME, y: y - 8, width: 24, height: 4, fill: WAITING }),
  text("waiting", { x: TIME + 30, y, fill: DIM }),
  rect({ x: TIME + 100, y: y - 12, width: 24, height: 14, fill: COLORS.good }),
  text("at work", { x: TIME + 130, y, fill: DIM }),
  rect({ x: TIME + 200, y: y - 12, width: 24, height: 14, fill: BACK, stroke: COLORS.good }),
  text("handed over, not at work", { x: TIME + 230, y, fill: DIM }),
];

interface RectOptions {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
  readonly stroke?: string;
}

const rect = ({ x, y, width, height, fill, stroke }: RectOptions): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"${stroke ? ` stroke="${stroke}"` : ""}/>`;

const line = ({ x, from, to, color = RULE }: { x: number; from: number; to: number; color?: string }): string =>
  `<line x1="${x}" x2="${x}" y1="${from}" y2="${to}" stroke="${color}"/>`;

interface TextOptions {
  readonly x: number;
  readonly y: number;
  readonly fill?: string;
  readonly size?: number;
  readonly weight?: number;
  readonly anchor?: "end";
}

const text = (what: string, { x, y, fill = TEXT, size = 13, weight = 400, anchor }: TextOptions): string =>
  `<text x="${x}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}"${anchor ? ` text-anchor="${anchor}"` : ""}>${escaped(what)}</text>`;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
// What XML has no place for, too: whoever publishes decides over types and reasons.
const escaped = (what: string): string =>
  what
    .replace(/[&<>"]/g, (each) => ENTITIES[each] ?? each)
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd");

const LONGEST = 34;
const shortened = (what: string): string => (what.length > LONGEST ? `${what.slice(0, LONGEST - 1)}…` : what);
