import { useMemo } from "preact/hooks";
import type { Status } from "../api-types.ts";
import { Box, count } from "./graph-box.tsx";
import { type Link, layOut } from "./graph-layout.ts";
import type { Route } from "./route.ts";
import { useStore } from "./store.ts";
import { tally } from "./tally.ts";
import { useTick } from "./tick.ts";
import { toDuration } from "./time.tsx";

/** Waiting so long, it is no longer on its way. */
const LONG_MS = 5_000;

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
