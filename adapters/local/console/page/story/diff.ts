/** A line of two texts: in both, only in the one before, or only in the one after; by its number in each. */
export interface Pair {
  readonly before?: number;
  readonly after?: number;
}

/** More than this many cells: what differs is told as a whole. */
const MOST_CELLS = 4_000_000;

/** Two lists of lines, side by side, as few of them changed as possible. */
export function toDiff(before: readonly string[], after: readonly string[]): readonly Pair[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const [rows, columns] = [before.length - start - end, after.length - start - end];
  const pairs: Pair[] = Array.from({ length: start }, (_, at) => ({ before: at, after: at }));
  const longest =
    rows * columns <= MOST_CELLS
      ? toLengths(before.slice(start, start + rows), after.slice(start, start + columns))
      : undefined;
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const place = row * (columns + 1) + column;
    const [down = 0, right = 0] = [longest?.[place + columns + 1], longest?.[place + 1]];
    if (longest && row < rows && column < columns && before[start + row] === after[start + column])
      pairs.push({ before: start + row++, after: start + column++ });
    else if (column === columns || (row < rows && down >= right)) pairs.push({ before: start + row++ });
    else pairs.push({ after: start + column++ });
  }
  const ends = Array.from({ length: end }, (_, at) => ({
    before: before.length - end + at,
    after: after.length - end + at,
  }));
  return [...pairs, ...ends];
}

/** Of each pair of places, how many lines what follows them has in common. */
function toLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--)
      lengths[row * width + column] =
        before[row] === after[column]
          ? (lengths[(row + 1) * width + column + 1] as number) + 1
          : Math.max(lengths[(row + 1) * width + column] as number, lengths[row * width + column + 1] as number);
  return lengths;
}
