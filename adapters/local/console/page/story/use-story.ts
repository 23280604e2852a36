import { useEffect, useRef, useState } from "preact/hooks";
import type { Happening, Story } from "../../api-types.ts";
import { ApiError, get } from "../api.ts";
import { getState, listen } from "../store.ts";

/** What comes of one event within this is asked for at once. */
const TOGETHER_MS = 150;
/** What is written a little later belongs to it as well: effects, documents. */
const LATER_MS = 1000;

export interface Asked {
  readonly story?: Story;
  /** Why there is none. */
  readonly problem?: string;
  readonly isUnknown?: boolean;
}

/** A story, asked for again as soon as something more has happened in it. */
export function useStory(id: string | undefined): Asked {
  const [asked, setAsked] = useState<Asked>({});
  const current = useRef<Story | undefined>(undefined);
  useEffect(() => {
    if (!id) return;
    const stop = new AbortController();
    let timers: ReturnType<typeof setTimeout>[] = [];
    let seen = getState().rows.at(-1)?.id ?? 0;
    current.current = undefined;
    setAsked({});
    const ask = async () => {
      timers = [];
      try {
        const story = await get<Story>(`story/${encodeURIComponent(id)}`, stop.signal);
        current.current = story;
        setAsked({ story });
      } catch (error) {
        if (stop.signal.aborted) return;
        const isUnknown = error instanceof ApiError && error.status === 404;
        // What is drawn stays: it was so.
        setAsked({ ...(current.current && { story: current.current }), problem: (error as Error).message, isUnknown });
      }
    };
    const look = () => {
      const { rows } = getState();
      const last = rows.at(-1)?.id ?? 0;
      const fresh = last > seen ? rows.slice(rows.findLastIndex((row) => row.id <= seen) + 1) : [];
      seen = last;
      if (timers.length > 0 || !fresh.some((row) => isOf(row, id, current.current))) return;
      timers = [setTimeout(ask, TOGETHER_MS), setTimeout(ask, LATER_MS)];
    };
    void ask();
    const unlisten = listen(look);
    return () => {
      unlisten();
      stop.abort();
      for (const timer of timers) clearTimeout(timer);
    };
  }, [id]);
  return asked;
}

function isOf(row: Happening, id: string, story: Story | undefined): boolean {
  const { event, subject, correlation, causation } = row;
  const own = [event, subject, correlation, causation].filter((each) => each !== undefined);
  if (!story) return own.some((each) => each.startsWith(id));
  if (own.includes(story.asked)) return true;
  return story.happenings.some(
    (each) =>
      (each.event !== undefined && (each.event === event || each.event === causation)) ||
      (correlation !== undefined && each.correlation === correlation) ||
      (each.entry !== undefined && each.entry === row.entry && each.topic === row.topic),
  );
}
