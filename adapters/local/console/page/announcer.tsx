import { useEffect, useRef, useState } from "preact/hooks";
import type { Status } from "../api-types.ts";
import { type Connection, getState, listen } from "./store.ts";

const PAUSE_MS = 5_000;

/** For who does not see it: what has changed that matters, in a sentence, at most every few seconds. While all is well it is silent. */
export function Announcer() {
  const [text, setText] = useState("");
  const before = useRef<Seen | undefined>(undefined);
  useEffect(() => {
    // What is so when the page is opened is no news; what changes from then on is, however soon.
    const begin = () => {
      const { status, connection } = getState();
      if (status) before.current ??= { status, connection };
    };
    begin();
    const unlisten = listen(begin);
    const timer = setInterval(() => {
      if (!before.current) return;
      const { status, connection } = getState();
      const news = toNews(before.current, { status, connection });
      before.current = { status, connection };
      if (news) setText(news);
    }, PAUSE_MS);
    return () => {
      unlisten();
      clearInterval(timer);
    };
  }, []);
  return (
    <p class="unseen" aria-live="polite">
      {text}
    </p>
  );
}

interface Seen {
  readonly status?: Status | undefined;
  readonly connection?: Connection | undefined;
}

export function toNews(before: Seen, after: Seen): string {
  const states = new Map(before.status?.services.map(({ name, state }) => [name, state]));
  const changed = (after.status?.services ?? []).filter(({ name, state }) => (states.get(name) ?? state) !== state);
  const dead = (after.status?.sums.dead ?? 0) - (before.status?.sums.dead ?? after.status?.sums.dead ?? 0);
  const checks = new Map(before.status?.checks.map(({ id, state }) => [id, state]));
  const told = (after.status?.checks ?? []).filter(
    ({ id, state }) => before.status && state !== "watching" && checks.get(id) !== state,
  );
  return [
    ...(before.connection === "live" && after.connection === "lost" ? ["The connection is lost."] : []),
    ...(before.connection === "lost" && after.connection === "live" ? ["The connection is back."] : []),
    ...changed.map(({ name, state }) => `${name} is ${state}.`),
    ...told.map(({ fault, state, seen }) => `${[`${fault}: ${state}`, seen ?? []].flat().join(", ")}.`),
    ...(dead > 0 ? [`${dead} more dead.`] : []),
  ].join(" ");
}
