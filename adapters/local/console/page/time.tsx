const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

/** 12:04:59.123, by the clock here. at: ms since the epoch */
export const toClock = (at: number): string => clock.format(at);

/** When: the clock here, and all of it for who points at it. at: ms since the epoch */
export function Time({ at }: { at: number }) {
  const when = new Date(at);
  return (
    <time class="time" dateTime={when.toISOString()} title={when.toISOString()}>
      {toClock(at)}
    </time>
  );
}

/** How long: 8 ms, 1.24 s, 3 min 5 s */
export function toDuration(ms: number): string {
  if (ms < 999.5) return `${ms < 9.95 && ms % 1 !== 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
