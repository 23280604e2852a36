import { useEffect, useRef } from "preact/hooks";
import type { Happening, SaidNow } from "../api-types.ts";
import { Badge, type Tone } from "./badge.tsx";
import { toHash } from "./route.ts";
import { type State, useStore } from "./store.ts";

interface Props {
  readonly said: SaidNow;
  /** What was spoilt on its way. */
  readonly spoilt?: string | undefined;
}

/** That the broker has it, what has become of it so far, and where to see all that follows. */
export function Sent({ said: { id, topic }, spoilt }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  return (
    <div class="sent" ref={box}>
      <p>
        <Badge tone="good">sent</Badge> to {topic}
        {id !== undefined && <> as {id}</>}.{" "}
        {id === undefined ? (
          <a href={toHash({ view: "events", query: { topic } })}>See what comes on {topic}</a>
        ) : (
          <a href={toHash({ view: "story", id })}>See its story</a>
        )}
      </p>
      {spoilt !== undefined && (
        <p>
          <Badge tone="bad">broken</Badge> {spoilt}. It must end as a <a href="#/letters">dead letter</a>.
        </p>
      )}
      {id !== undefined && <Told id={id} />}
    </div>
  );
}

const TONES: Readonly<Record<string, Tone>> = { handled: "good", dead: "bad", retry: "warn" };

/** By each function that had it. */
function Told({ id }: { readonly id: string }) {
  const told = useStore((state) => JSON.stringify(findTold(state, id)));
  const results: ReturnType<typeof findTold> = JSON.parse(told);
  if (results.length === 0) return null;
  return (
    <ul class="told">
      {results.map(({ app, result, why }) => (
        <li key={app}>
          {app} <Badge tone={TONES[result] ?? "dim"}>{result === "retry" ? "comes again" : result}</Badge> {why}
        </li>
      ))}
    </ul>
  );
}

/** It was sent a moment ago: further back nobody looks for it. */
const MOST = 5_000;

function findTold({ rows }: State, id: string) {
  const last = new Map<string, Happening>();
  for (const row of rows.slice(-MOST)) if (row.kind === "told" && row.event === id && row.app) last.set(row.app, row);
  return [...last].map(([app, { outcome = "", how = outcome, reason = "" }]) => ({
    app,
    result: outcome === "ack" ? how : outcome,
    why: reason,
  }));
}
