import { useMemo } from "preact/hooks";
import type { ServiceState, Status } from "../api-types.ts";
import { type Link, layOut, type Node } from "./graph-layout.ts";
import { type Route, toHash } from "./route.ts";
import { useStore } from "./store.ts";
import { tally, toRate } from "./tally.ts";
import { useTick } from "./tick.ts";
import { toDuration } from "./time.tsx";

/** Waiting so long, it is no longer on its way. */
const LONG_MS = 5_000;
/** A thousand and more take too much room. */
const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Who says what to whom: a picture of links, each of which shows only what is its own. */
export function Graph({ route }: { route: Route }) {
  const system = useStore((state) => state.system);
  const status = useStore((state) => state.status);
  const now = useTick();
  const layout = useMemo(() => system && layOut(system), [system]);
  return (
    <section class="panel graph" aria-labelledby="graph-title">
      <header>
        <h2 id="graph-title">System</h2>
        <span class="dim">events a second; what waits; what failed in the last minute</span>
      </header>
      <div class="graph-box">
        {layout && (
          // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldset
          <svg
            width={layout.width}
            height={layout.height}
            viewBox={`0 0 ${layout.width} ${layout.height}`}
            role="group"
            aria-label="Functions and topics"
          >
            <defs>
              <marker
                id="arrow"
                viewBox="0 0 6 8"
                refX="0"
                refY="4"
                markerWidth="6"
                markerHeight="8"
                orient="auto"
                markerUnits="userSpaceOnUse"
              >
                <path d="M0 0 6 4 0 8z" />
              </marker>
            </defs>
            {layout.links.map((link) => (
              <Arrow key={`${link.from.name} ${link.to.name}`} link={link} status={status} now={now} />
            ))}
            {layout.nodes.map((node) => (
              <Box key={`${node.kind} ${node.name}`} node={node} status={status} route={route} now={now} />
            ))}
          </svg>
        )}
      </div>
    </section>
  );
}

const depthOf = (status: Status | undefined, { from, to }: Link) =>
  from.kind === "topic" ? status?.depths.find(({ app, topic }) => app === to.name && topic === from.name) : undefined;

function Arrow({ link, status, now }: { link: Link; status: Status | undefined; now: number }) {
  const { waiting = 0, oldestMs = 0 } = depthOf(status, link) ?? {};
  const { from, to, path, label } = link;
  const topic = [from, to].find(({ kind }) => kind === "topic");
  const isMoving = topic !== undefined && tally.rate("said", topic.name, now) > 0;
  const text = count.format(waiting);
  const width = 12 + text.length * 7;
  return (
    <g class={`link${isMoving ? " moving" : ""}`}>
      <path d={path} marker-end="url(#arrow)" />
      {waiting > 0 && (
        <g class={oldestMs > LONG_MS ? "depth long" : "depth"}>
          <title>{`${waiting} wait, the oldest for ${toDuration(oldestMs)}`}</title>
          <rect class="depth-back" x={label.x - width / 2} y={label.y - 9} width={width} height={18} rx={9} />
          <text class="depth-text" x={label.x} y={label.y + 4} text-anchor="middle">
            {text}
          </text>
        </g>
      )}
    </g>
  );
}

interface BoxProps {
  readonly node: Node;
  readonly status: Status | undefined;
  readonly route: Route;
  readonly now: number;
}

function Box({ node, status, route, now }: BoxProps) {
  const { kind, name, x, y, width, height } = node;
  const state = status?.services.find((service) => service.name === name)?.state;
  const { again, dead } = kind === "function" ? tally.failed(name, now) : { again: 0, dead: 0 };
  const rate = tally.rate(kind === "topic" ? "said" : "done", name, now);
  const key = kind === "topic" ? "topic" : "app";
  const isChosen = kind !== "edge" && route.query[key] === name;
  const waiting = status?.depths.flatMap((depth) => (depth[key] === name ? depth.waiting : [])) ?? [];
  const words = toWords({ again, dead });
  // What is seen comes first, and as it is seen: whoever speaks to the page says that.
  const spoken = [
    short(name, kind === "function" ? 18 : 13),
    kind === "function" && isAway(state) ? state : `${toRate(rate)}/s`,
    ...words.map(({ text }) => text),
    ...(kind === "function" && !isAway(state) ? ["up"] : []),
    `${waiting.reduce((sum, each) => sum + each, 0)} waiting`,
    kind,
  ].join(", ");
  const isBad = kind === "function" && (dead > 0 || isAway(state));
  const shape = (
    <>
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={kind === "topic" ? height / 2 : kind === "edge" ? 4 : 8}
      />
      {kind === "function" && (
        <>
          <circle class={`dot ${state ?? ""}`} cx={x - width / 2 + 16} cy={y - height / 2 + 19} r={4.5} />
          <text class="name" x={x - width / 2 + 27} y={y - height / 2 + 23}>
            {short(name, 18)}
          </text>{" "}
          <text class="figures" x={x - width / 2 + 27} y={y + height / 2 - 13}>
            {isAway(state) ? <tspan class="bad">{state}</tspan> : `${toRate(rate)}/s`}
            {words.map(({ text, tone }) => (
              <>
                {" "}
                <tspan key={text} class={tone} dx={2}>
                  {text}
                </tspan>
              </>
            ))}
          </text>
        </>
      )}
      {kind === "topic" && (
        <>
          <text class="name" x={x} y={y - 2} text-anchor="middle">
            {short(name, 13)}
          </text>{" "}
          <text class="figures" x={x} y={y + 13} text-anchor="middle">
            {toRate(rate)}/s
          </text>
        </>
      )}
      {kind === "edge" && (
        <text class="mono" x={x} y={y + 4} text-anchor="middle">
          {short(name, 14)}
        </text>
      )}
    </>
  );
  if (kind === "edge") return <g class="node edge">{shape}</g>;
  const { [key]: _, ...others } = route.query;
  return (
    <a
      class={`node ${kind}${isChosen ? " chosen" : ""}${isBad ? " failing" : ""}`}
      href={toHash({ view: "events", query: isChosen ? others : { ...others, [key]: name } })}
      aria-label={spoken}
      aria-current={isChosen ? "true" : undefined}
    >
      <title>{isChosen ? "Show all" : `Show only ${name}`}</title>
      {shape}
    </a>
  );
}

const isAway = (state: ServiceState | undefined): boolean => state !== undefined && state !== "up";

const toWords = ({ again, dead }: { again: number; dead: number }) => [
  ...(dead > 0 ? [{ text: `${count.format(dead)} dead`, tone: "bad" }] : []),
  ...(again > 0 ? [{ text: `${count.format(again)} again`, tone: "warn" }] : []),
];

const short = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
