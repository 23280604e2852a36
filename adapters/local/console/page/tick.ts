import { useEffect, useState } from "preact/hooks";

const TICK_MS = 1_000;

/** The time, each second, while somebody sees the page. out: ms since the epoch */
export function useTick(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
