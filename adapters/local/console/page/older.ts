import { useEffect, useMemo, useReducer } from "preact/hooks";
import type { Happening, Happenings } from "../api-types.ts";
import { get } from "./api.ts";
import { type Filter, noteTold, toQuery, toTest } from "./filter.ts";

const PAGE = 500;
/** At once, where hardly anything passes the filter. */
const MOST_PAGES = 10;

interface Older {
  /** The newest first, all of them older than what is in memory. */
  readonly rows: readonly Happening[];
  readonly isEnd: boolean;
  /** Asks for more, unless that is being done. */
  more(): void;
}

/** What is no longer in memory, or never was: asked for when somebody gets there. first: the least id in memory; 0: nothing is yet */
export function useOlder(filter: Filter, first: number): Older {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  // What memory has let go since is asked for with the rest: lists begin anew then.
  const loader = useMemo(() => createLoader({ filter, first, redraw }), [filter, first]);
  useEffect(() => loader.stop, [loader]);
  return { rows: loader.rows(), isEnd: loader.isEnd(), more: loader.more };
}

interface LoaderOptions {
  readonly filter: Filter;
  readonly first: number;
  redraw(): void;
}

export function createLoader({ filter, first, redraw }: LoaderOptions) {
  const test = toTest(filter);
  const query = toQuery(filter);
  const stopping = new AbortController();
  let rows: readonly Happening[] = [];
  let from = first;
  let isAsking = false;
  let isEnd = first === 1;

  const ask = async () => {
    for (let page = 0; page < MOST_PAGES && !isEnd; page++) {
      const found = await get<Happenings>(`happenings?before=${from}&limit=${PAGE}${query}`, stopping.signal);
      from = found.at(-1)?.id ?? from;
      isEnd = found.length < PAGE;
      noteTold(found);
      const passing = found.filter(test).sort((one, other) => other.at - one.at || other.id - one.id);
      rows = [...rows, ...passing];
      if (passing.length > 0) return;
    }
  };
  return {
    rows: () => rows,
    isEnd: () => isEnd,
    stop: () => stopping.abort(),
    more(): void {
      if (isAsking || isEnd || first === 0) return;
      isAsking = true;
      ask()
        .catch(() => {
          // It is asked again when somebody scrolls.
        })
        .finally(() => {
          isAsking = false;
          if (!stopping.signal.aborted) redraw();
        });
    },
  };
}
