import { useEffect, useState } from "preact/hooks";

const VIEWS = ["events", "story", "letters", "break", "send"] as const;
export type View = (typeof VIEWS)[number];

/** What the page shows: all of it stands in its address, so that it can be sent to a colleague. */
export interface Route {
  readonly view: View;
  /** Of what it shows one of: of a story. */
  readonly id?: string;
  /** What is filtered and selected. */
  readonly query: Readonly<Record<string, string>>;
}

/** `#/`, `#/story/ID?row=3`. What is not understood is the first view. */
export function parseRoute(hash: string): Route {
  const [path = "", search] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [name, id] = path.split("/", 2);
  const view = VIEWS.find((each) => each === name) ?? "events";
  const query = Object.fromEntries(new URLSearchParams(search));
  return { view, query, ...(id && { id: decode(id) }) };
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** For a link: `<a href={toHash({ view: "story", id })}>`. Empty values of the query are left out. */
export function toHash({ view, id, query = {} }: Omit<Route, "query"> & Partial<Pick<Route, "query">>): string {
  const set = Object.entries(query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(set).toString();
  const path = view === "events" ? "" : view + (id === undefined ? "" : `/${encodeURIComponent(id)}`);
  return `#/${path}${search && `?${search}`}`;
}

/** `replace`: without a step that Back goes to, for what is typed or selected. */
export function go(route: Parameters<typeof toHash>[0], { replace = false } = {}): void {
  const hash = toHash(route);
  if (hash === location.hash) return;
  if (!replace) location.hash = hash;
  else {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const look = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return route;
}
