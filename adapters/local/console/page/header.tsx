import { Badge } from "./badge.tsx";
import { Help } from "./help.tsx";
import { type Route, toHash, type View } from "./route.ts";
import { type Connection, useStore } from "./store.ts";

const LINKS: readonly { readonly view: View; readonly title: string }[] = [
  { view: "events", title: "Events" },
  { view: "letters", title: "Letters" },
  { view: "break", title: "Break" },
  { view: "send", title: "Send" },
];

/** A story is one of the events'. */
const isHere = (route: Route, view: View) => route.view === view || (view === "events" && route.view === "story");

export function Header({ route }: { route: Route }) {
  const system = useStore((state) => state.system);
  const letters = useStore((state) => state.status?.letters) ?? 0;
  const faults = useStore((state) => state.system?.faults.length) ?? 0;
  const connection = useStore((state) => state.connection);
  const links = LINKS.filter(({ view }) => faults > 0 || (view !== "break" && view !== "send"));
  return (
    <header class="top">
      <a class="system" href={toHash({ view: "events" })}>
        {system?.name ?? "Console"}
      </a>
      <nav aria-label="Views">
        {links.map(({ view, title }) => (
          <a
            key={view}
            class="view-link"
            href={toHash({ view })}
            aria-current={isHere(route, view) ? "page" : undefined}
          >
            {title}
            {view === "letters" && letters > 0 && (
              <>
                {" "}
                <Badge tone="bad">{letters}</Badge>
              </>
            )}
          </a>
        ))}
      </nav>
      <Live connection={connection} />
      <Help />
    </header>
  );
}

const SAID: Readonly<Record<Connection, string>> = {
  connecting: "connecting",
  live: "live",
  lost: "lost: trying again",
};

const Live = ({ connection }: { connection: Connection }) => (
  <span class={`live ${connection}`}>
    <span class={`dot ${connection === "live" ? "up" : "down"}`} aria-hidden="true" />
    {SAID[connection]}
  </span>
);
