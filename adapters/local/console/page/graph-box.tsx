import type { ServiceState, Status } from "../api-types.ts";
import type { Node } from "./graph-layout.ts";
import { type Route, toHash } from "./route.ts";
import { tally, toRate } from "./tally.ts";

/** A thousand and more take too much room. */
export const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
/** Characters of a name. */
const MOST = 16;

interface BoxProps {
  readonly node: Node;
  readonly status: Status | undefined;
  readonly route: Route;
  readonly now: number;
}

/** A function or a topic: a link that shows only what is its own. An edge only stands there. */
export function Box({ node, status, route, now }: BoxProps) {
  const { kind, name } = node;
  if (kind === "edge")
    return (
      <g class="node edge">
        <Frame node={node} radius={4} />
        <text class="mono" x={node.x} y={node.y + 4} text-anchor="middle">
          {short(name)}
        </text>
      </g>
    );
  const key = kind === "topic" ? "topic" : "app";
  const state = kind === "topic" ? undefined : status?.services.find((service) => service.name === name)?.state;
  const figures = kind === "topic" ? toTopicFigures(name, now) : toFunctionFigures(name, state, now);
  const waiting = status?.depths.flatMap((depth) => (depth[key] === name ? depth.waiting : [])) ?? [];
  const { [key]: chosen, ...others } = route.query;
  const isChosen = chosen === name;
  const isBad = figures.some(({ tone }) => tone === "bad");
  // What is seen comes first, as it is seen: who speaks to a computer says that.
  const seen = [short(name), ...figures.map(({ text }) => text)].join(" ");
  return (
    <a
      class={`node ${kind}${isChosen ? " chosen" : ""}${isBad ? " failing" : ""}`}
      href={toHash({ view: "events", query: isChosen ? others : { ...others, [key]: name } })}
      aria-label={[seen, kind, ...(state ? [state] : []), `${sum(waiting)} waiting`].join(", ")}
      aria-current={isChosen ? "true" : undefined}
    >
      {kind === "topic" ? <Topic node={node} figures={figures} /> : <Fn node={node} figures={figures} state={state} />}
    </a>
  );
}

interface Figure {
  readonly text: string;
  readonly tone?: "bad" | "warn";
}

const toTopicFigures = (name: string, now: number): readonly Figure[] => [
  { text: `${toRate(tally.rate("said", name, now))}/s` },
];

function toFunctionFigures(name: string, state: ServiceState | undefined, now: number): readonly Figure[] {
  const { again, dead } = tally.failed(name, now);
  return [
    state === undefined || state === "up"
      ? { text: `${toRate(tally.rate("done", name, now))}/s` }
      : { text: state, tone: state === "starting" ? "warn" : "bad" },
    ...(dead > 0 ? [{ text: `${count.format(dead)} dead`, tone: "bad" as const }] : []),
    ...(again > 0 ? [{ text: `${count.format(again)} again`, tone: "warn" as const }] : []),
  ];
}

const Frame = ({ node: { x, y, width, height }, radius }: { node: Node; radius: number }) => (
  <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={radius} />
);

interface ShapeProps {
  readonly node: Node;
  readonly figures: readonly Figure[];
}

function Fn({ node, figures, state = "" as ServiceState }: ShapeProps & { state: ServiceState | undefined }) {
  const [left, top] = [node.x - node.width / 2, node.y - node.height / 2];
  return (
    <>
      <Frame node={node} radius={8} />
      <circle class={`dot ${state}`} cx={left + 16} cy={top + 19} r={4.5} />
      <text class="name" x={left + 27} y={top + 23}>
        {short(node.name)}
      </text>{" "}
      <Figures x={left + 27} y={top + node.height - 13} figures={figures} />
    </>
  );
}

const Topic = ({ node, figures }: ShapeProps) => (
  <>
    <Frame node={node} radius={node.height / 2} />
    <text class="name" x={node.x} y={node.y - 2} text-anchor="middle">
      {short(node.name)}
    </text>{" "}
    <Figures x={node.x} y={node.y + 13} figures={figures} anchor="middle" />
  </>
);

interface FiguresProps {
  readonly x: number;
  readonly y: number;
  readonly figures: readonly Figure[];
  readonly anchor?: "start" | "middle";
}

const Figures = ({ x, y, figures, anchor = "start" }: FiguresProps) => (
  <text class="figures" x={x} y={y} text-anchor={anchor}>
    {figures.map(({ text, tone = "" }, index) => (
      <>
        {index > 0 && " "}
        <tspan class={tone} dx={index > 0 ? 2 : 0}>
          {text}
        </tspan>
      </>
    ))}
  </text>
);

const sum = (counts: readonly number[]): number => counts.reduce((total, each) => total + each, 0);

const short = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text);
