import { useEffect, useRef, useState } from "preact/hooks";
import { SHOWS } from "./filter.ts";
import { go, type Route, toHash } from "./route.ts";
import { useStore } from "./store.ts";

/** A list is made anew when somebody has stopped typing. */
const TYPING_MS = 150;

/** What is shown: it stands in the address. */
export function FilterBar({ route }: { route: Route }) {
  const system = useStore((state) => state.system);
  const { app = "", topic = "", find = "", show = "" } = route.query;
  const set = (part: Readonly<Record<string, string>>) =>
    go({ view: "events", query: { ...route.query, ...part } }, { replace: true });
  const heard = system?.functions.flatMap(({ hears, says }) => [...hears, ...says]) ?? [];
  const topics = [...new Set(heard.flatMap((each) => each.topic ?? []))];
  return (
    <search class="filters">
      <Find value={find} onFind={(text) => set({ find: text })} />
      <Choice label="Show" value={show} onChoose={(value) => set({ show: value })}>
        {Object.entries(SHOWS).map(([value, { title }]) => ({ value, title }))}
      </Choice>
      <Choice label="Function" value={app} onChoose={(value) => set({ app: value })}>
        {withAll("All functions", [...(system?.functions ?? []).map(({ name }) => name), "sidecars"])}
      </Choice>
      <Choice label="Topic" value={topic} onChoose={(value) => set({ topic: value })}>
        {withAll("All topics", topics)}
      </Choice>
      {(app || topic || find || show) && <a href={toHash({ view: "events" })}>Show all</a>}
    </search>
  );
}

const withAll = (all: string, names: readonly string[]) => [
  { value: "", title: all },
  ...names.map((name) => ({ value: name, title: name })),
];

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  readonly children: readonly { readonly value: string; readonly title: string }[];
}

const Choice = ({ label, value, onChoose, children }: ChoiceProps) => (
  <select
    aria-label={label}
    class={value ? "set" : ""}
    value={value}
    onChange={(event) => onChoose(event.currentTarget.value)}
  >
    {children.map((each) => (
      <option key={each.value} value={each.value}>
        {each.title}
      </option>
    ))}
  </select>
);

function Find({ value, onFind }: { value: string; onFind: (text: string) => void }) {
  const [text, setText] = useState(value);
  const timer = useRef(0);
  // Somebody has followed a link, or gone back.
  useEffect(() => setText(value), [value]);
  return (
    <input
      type="search"
      aria-label="Find"
      placeholder="Find an id, a type, a reason…"
      value={text}
      onInput={({ currentTarget }) => {
        setText(currentTarget.value);
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => onFind(currentTarget.value.trim()), TYPING_MS);
      }}
    />
  );
}
