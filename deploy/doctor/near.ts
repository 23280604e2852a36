/** The name that was perhaps meant: at most two letters away, and fewer than half of them. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const all = names.map((other) => ({ other, distance: distanceOf(name, other) }));
  const [best] = all.toSorted((one, other) => one.distance - other.distance);
  return best && best.distance <= 2 && best.distance * 2 < name.length ? best.other : undefined;
}

/** source: Levenshtein's distance, row by row */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, its] of [...other].entries())
      next.push(Math.min((row[at] ?? 0) + (letter === its ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}
