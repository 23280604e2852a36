import { useEffect, useState } from "preact/hooks";
import type { PendingEvents } from "../api-types.ts";
import { get } from "./api.ts";

/** What is parked is tried again meanwhile, which changes no count. */
const EVERY_MS = 2_000;

/** The events that are pending, while there are any. */
export function usePending(count: number): PendingEvents | undefined {
  const [pending, setPending] = useState<PendingEvents>();
  useEffect(() => {
    if (count === 0) return setPending(undefined);
    const gone = new AbortController();
    const read = () => void get<PendingEvents>("pending", gone.signal).then(setPending, () => {});
    read();
    const timer = setInterval(read, EVERY_MS);
    return () => {
      clearInterval(timer);
      gone.abort();
    };
  }, [count]);
  return pending;
}
