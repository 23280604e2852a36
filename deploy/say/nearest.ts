/** out: the word that is meant by one that is misspelt, if there is one that near: a third of it may differ */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((other) => ({ other, steps: distance(word, other) }))
    .filter(({ steps }) => steps <= Math.max(1, Math.floor(word.length / 3)))
    .toSorted((one, two) => one.steps - two.steps);
  return best?.other;
}

/** How many letters are to be put in, taken out or replaced. source: R. Wagner, M. Fischer, The String-to-String Correction Problem, 1974 */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...one].entries()) {
    const next = [line + 1];
    for (let at = 0; at < other.length; at++)
      next.push(Math.min((row[at] ?? 0) + (letter === other[at] ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    row = next;
  }
  return row[other.length] ?? 0;
}
