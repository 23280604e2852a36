/** What a process remembers of events, at most. */
const MOST_REMEMBERED = 10_000;

/** Of more than a process remembers, those that came first. */
export function forgetOldest(known: Set<string> | Map<string, unknown>): void {
  for (const key of known.keys()) {
    if (known.size <= MOST_REMEMBERED) return;
    known.delete(key);
  }
}
