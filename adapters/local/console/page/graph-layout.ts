import type { SystemView } from "../api-types.ts";
import { around, forward, type Way } from "./graph-path.ts";

/** What is drawn. */
interface Part {
  /** edge: where somebody from outside asks. */
  readonly kind: "edge" | "function" | "topic";
  /** Of an edge `POST /path`. */
  readonly name: string;
}

export interface Node extends Part {
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Link extends Way {
  readonly from: Node;
  readonly to: Node;
}

export interface Layout {
  readonly nodes: readonly Node[];
  readonly links: readonly Link[];
  readonly width: number;
  readonly height: number;
}

interface Pair {
  readonly from: Part;
  readonly to: Part;
}

const SIZES = {
  edge: { width: 104, height: 32 },
  function: { width: 168, height: 56 },
  topic: { width: 116, height: 42 },
} as const;
const COLUMN_GAP = 48;
const ROW_GAP = 18;
const MARGIN = 4;
const LANE = 14;

/**
 * Puts what leads to something left of it, as far as there is no circle. A link that leads back goes round the others, above or below
 * them, whichever is nearer.
 */
export function layOut({ functions, edges }: Pick<SystemView, "functions" | "edges">): Layout {
  const { parts, pairs } = toParts(functions, edges);
  const back = findBack(parts, pairs);
  const ahead = pairs.filter((pair) => !back.has(pair));
  const columns = toColumns(parts, ahead);
  const rows = toRows(columns, ahead);
  const tops = parts.map((part) => (rows.get(part) ?? 0) - SIZES[part.kind].height / 2);
  const bottoms = parts.map((part) => (rows.get(part) ?? 0) + SIZES[part.kind].height / 2);
  const [top, bottom] = [Math.min(...tops, 0), Math.max(...bottoms, 0)];
  const isAbove = ({ from }: Pair) => (rows.get(from) ?? 0) < (top + bottom) / 2;
  const above = [...back].filter(isAbove);
  const below = [...back].filter((pair) => !isAbove(pair));
  const down = MARGIN + above.length * LANE - top;
  const nodes = new Map<Part, Node>();
  let x = MARGIN;
  for (const column of columns) {
    const width = Math.max(...column.map(({ kind }) => SIZES[kind].width));
    for (const part of column)
      nodes.set(part, { ...part, ...SIZES[part.kind], x: x + width / 2, y: (rows.get(part) ?? 0) + down });
    x += width + COLUMN_GAP;
  }
  const right = x - COLUMN_GAP;
  const toLink = (pair: Pair): Link => {
    const [from, to] = [nodes.get(pair.from), nodes.get(pair.to)] as [Node, Node];
    if (!back.has(pair)) return { from, to, ...forward(from, to) };
    const lane = (isAbove(pair) ? above : below).indexOf(pair);
    const y = isAbove(pair) ? top + down - (lane + 1) * LANE : bottom + down + (lane + 1) * LANE;
    return { from, to, ...around(from, to, { y, out: right + (lane + 1) * LANE, aside: lane * LANE }) };
  };
  const lanes = Math.max(above.length, below.length);
  return {
    nodes: [...nodes.values()],
    links: pairs.map(toLink),
    width: right + (lanes + 1) * LANE * Math.min(lanes, 1) + MARGIN,
    height: bottom + down + below.length * LANE + MARGIN,
  };
}

/** Edges first, then functions and topics in the order in which they are met. Timers lead nowhere. */
function toParts(functions: SystemView["functions"], edges: SystemView["edges"]) {
  const parts = new Map<string, Part>();
  const pairs = new Map<string, Pair>();
  const part = (kind: Part["kind"], name: string): Part => {
    const known = parts.get(`${kind} ${name}`) ?? { kind, name };
    parts.set(`${kind} ${name}`, known);
    return known;
  };
  const pair = (from: Part, to: Part) => pairs.set(`${from.kind} ${from.name} ${to.kind} ${to.name}`, { from, to });
  for (const { method, path } of edges) part("edge", `${method} ${path}`);
  for (const { name } of functions) part("function", name);
  for (const { of, method, path } of edges) pair(part("edge", `${method} ${path}`), part("function", of));
  for (const { name, says } of functions)
    for (const { topic } of says) if (topic !== undefined) pair(part("function", name), part("topic", topic));
  for (const { name, hears } of functions)
    for (const { topic } of hears) pair(part("topic", topic), part("function", name));
  return { parts: [...parts.values()], pairs: [...pairs.values()] };
}

/** Those that close a circle, for who goes along all of them from the first part on. */
function findBack(parts: readonly Part[], pairs: readonly Pair[]): ReadonlySet<Pair> {
  const back = new Set<Pair>();
  const done = new Set<Part>();
  const way = new Set<Part>();
  const go = (from: Part) => {
    way.add(from);
    for (const pair of pairs.filter((each) => each.from === from)) {
      if (way.has(pair.to)) back.add(pair);
      else if (!done.has(pair.to)) go(pair.to);
    }
    way.delete(from);
    done.add(from);
  };
  // Where something comes from outside, or from nowhere: there the story begins.
  const isFirst = (part: Part) => pairs.every(({ to }) => to !== part);
  for (const part of [...parts.filter(isFirst), ...parts]) if (!done.has(part)) go(part);
  return back;
}

/** By how many steps the longest way to it has. */
function toColumns(parts: readonly Part[], ahead: readonly Pair[]): readonly (readonly Part[])[] {
  const known = new Map<Part, number>();
  const depthOf = (part: Part): number => {
    const depth =
      known.get(part) ?? Math.max(0, ...ahead.flatMap(({ from, to }) => (to === part ? depthOf(from) + 1 : [])));
    known.set(part, depth);
    return depth;
  };
  const columns: Part[][] = [];
  for (const part of parts) {
    const depth = depthOf(part);
    columns[depth] = [...(columns[depth] ?? []), part];
  }
  return columns;
}

/** Each beside what leads to it, as far as there is room. out: the middle of each, around 0 */
function toRows(columns: readonly (readonly Part[])[], ahead: readonly Pair[]): ReadonlyMap<Part, number> {
  const rows = new Map<Part, number>();
  for (const column of columns) {
    const wish = (part: Part): number => {
      const before = ahead.flatMap(({ from, to }) => (to === part ? (rows.get(from) ?? 0) : []));
      return before.reduce((sum, y) => sum + y, 0) / Math.max(1, before.length);
    };
    const wished = column.map((part) => ({ part, y: wish(part), height: SIZES[part.kind].height }));
    wished.sort((one, other) => one.y - other.y);
    let free = Number.NEGATIVE_INFINITY;
    const placed = wished.map(({ part, y, height }) => {
      const at = Math.max(y, free + height / 2);
      free = at + height / 2 + ROW_GAP;
      return { part, at, over: at - y };
    });
    // What had to give way, gave way downwards: together they come back by the half of it.
    const over = placed.reduce((sum, each) => sum + each.over, 0) / Math.max(1, placed.length);
    for (const { part, at } of placed) rows.set(part, Math.round(at - over));
  }
  return rows;
}
