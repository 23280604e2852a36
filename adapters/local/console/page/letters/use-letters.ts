import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Letters } from "../../api-types.ts";
import { get } from "../api.ts";
import { useStore } from "../store.ts";

/** They are read by a command: no more often. */
const APART_MS = 1500;

export interface LettersNow {
  readonly letters?: Letters;
  readonly problem?: string;
  /** Reads them again. */
  readonly again: () => void;
}

/** The dead letters, read again when there are more of them or fewer. */
export function useLetters(): LettersNow {
  const [now, setNow] = useState<Omit<LettersNow, "again">>({});
  const count = useStore(({ status }) => status?.letters);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const last = useRef(0);
  const again = useCallback(() => {
    if (timer.current !== undefined) return;
    timer.current = setTimeout(
      async () => {
        last.current = Date.now();
        timer.current = undefined;
        try {
          setNow({ letters: await get<Letters>("letters") });
        } catch (error) {
          setNow((before) => ({ ...before, problem: (error as Error).message }));
        }
      },
      Math.max(0, last.current + APART_MS - Date.now()),
    );
  }, []);
  useEffect(again, [count]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { ...now, again };
}
