import { useEffect, useReducer, useRef } from "preact/hooks";
import type { Happening, Status, SystemView } from "../api-types.ts";

/** live: what happens comes as it happens. lost: the browser tries again by itself. */
export type Connection = "connecting" | "live" | "lost";

/** What has happened, and where it stands among all that the page has. */
export interface Row extends Happening {
  /** Greater than that of all before. It is not the id: what was learned of together is put in the order in which it happened. */
  readonly order: number;
}

export interface State {
  readonly system?: SystemView;
  readonly status?: Status;
  readonly connection: Connection;
  /** Oldest first, the newest MOST of them: one list that grows. `version` tells that it has. */
  readonly rows: readonly Row[];
  readonly version: number;
  /** The least id of these: what is older is with the server. */
  readonly first: number;
  /** What the page could not get. */
  readonly problem?: string | undefined;
}

let state: State = { connection: "connecting", rows: [], version: 0, first: 0 };
const listeners = new Set<() => void>();

export const getState = (): State => state;

export function setState(part: Partial<State>): void {
  state = { ...state, ...part };
  for (const listener of listeners) listener();
}

/** For what is drawn by itself, as a plot. out: call it to stop */
export function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Draws again when what is selected is another value: `useStore((state) => state.status?.letters)`. */
export function useStore<Selected>(select: (state: State) => Selected): Selected {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  const selected = select(state);
  const last = useRef({ select, selected });
  last.current = { select, selected };
  useEffect(() => {
    const look = () => {
      if (!Object.is(last.current.select(state), last.current.selected)) redraw();
    };
    // What came between the drawing and now.
    look();
    return listen(look);
  }, []);
  return selected;
}
