import { useMemo, useRef, useState } from "preact/hooks";
import type { Happening } from "../api-types.ts";
import { after, createShown, type Filter, toTest } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { useMedia } from "./media.ts";
import { useOlder } from "./older.ts";
import { type Route, toHash } from "./route.ts";
import { Row } from "./row.tsx";
import { useStore } from "./store.ts";
import { Virtual } from "./virtual.tsx";

/** What happens as it happens, the newest first, and what happened before. */
export function Stream({ route }: { route: Route }) {
  const { app, topic, find, show } = route.query;
  const filter = useMemo<Filter>(
    () => ({ ...(app && { app }), ...(topic && { topic }), ...(find && { find }), ...(show && { show }) }),
    [app, topic, find, show],
  );
  return (
    <section class="panel stream" aria-labelledby="stream-title">
      <header>
        <h2 id="stream-title">Events</h2>
        <FilterBar route={route} />
      </header>
      {/* Another filter is another list, seen from its top. */}
      <List key={JSON.stringify(filter)} filter={filter} />
    </section>
  );
}

function List({ filter }: { filter: Filter }) {
  const shown = useMemo(() => createShown(toTest(filter)), [filter]);
  useStore(({ version }) => version);
  const rows = useStore((state) => state.rows);
  const live = shown.of(rows);
  const older = useOlder(
    filter,
    useStore((state) => state.first),
  );
  const [isPaused, setPaused] = useState(false);
  const [isReading, setReading] = useState(false);
  /** Whoever reads sees nothing newer than this. */
  const held = useRef<number | undefined>(undefined);
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useMedia("(max-width: 720px)");

  held.current = isPaused || isReading ? (held.current ?? live.at(-1)?.order ?? 0) : undefined;
  const seen = held.current === undefined ? live.length : after(live, held.current);
  const count = seen + older.rows.length;
  const at = (index: number): Happening =>
    (index < seen ? live[seen - 1 - index] : older.rows[index - seen]) as Happening;
  const newer = live.length - seen;

  const goOn = () => {
    setPaused(false);
    setReading(false);
    held.current = undefined;
    if (box.current) box.current.scrollTop = 0;
  };
  return (
    <>
      <Virtual
        label="Events"
        box={box}
        count={count}
        rowHeight={isNarrow ? 48 : 28}
        keyOf={(index) => at(index).id}
        row={(index, link) => <Row row={at(index)} link={link} />}
        onReading={setReading}
        onEnd={older.more}
      />
      {count === 0 && <Nothing isFiltered={Object.keys(filter).length > 0} />}
      <footer>
        <span>
          {count.toLocaleString("en")}
          {older.isEnd ? "" : " and older"}
        </span>
        {newer > 0 && (
          <button type="button" class="plain" onClick={goOn}>
            ↑ {newer.toLocaleString("en")} newer
          </button>
        )}
        <button type="button" aria-pressed={isPaused} onClick={() => (isPaused ? goOn() : setPaused(true))}>
          {isPaused ? "Go on" : "Pause"}
        </button>
      </footer>
    </>
  );
}

/** What a newcomer sees first: how to make something happen. */
function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const [edge] = useStore((state) => state.system?.edges) ?? [];
  if (isFiltered) return <p class="stream-none dim">Nothing of that has happened yet.</p>;
  return (
    <p class="stream-none dim">
      Nothing has happened yet. {edge && <code>{`curl -X ${edge.method} ${edge.url}`}</code>}{" "}
      {edge && "does something, or "}
      <a href={toHash({ view: "send" })}>{edge ? "send" : "Send"} an event</a>.
    </p>
  );
}
