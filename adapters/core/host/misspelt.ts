const SHORT = 8;

/** out: which of the known names was probably meant; undefined where none is near */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const most = name.length < SHORT ? 1 : 2;
  let [best, least] = [undefined as string | undefined, most + 1];
  for (const each of known) {
    // One letter of difference in length costs 1 at least, and most are far: to work them all out would be half of a start's garbage.
    if (Math.abs(name.length - each.length) >= least) continue;
    const distance = distanceOf(name, each, { most: least });
    if (distance < least) [best, least] = [each, distance];
  }
  return best;
}

/** out: one line for each variable that is no setting and looks like one */
export function misspelt(
  env: Readonly<Record<string, string | undefined>>,
  settings: readonly string[],
): readonly { readonly variable: string; readonly hint: string }[] {
  return Object.keys(env).flatMap((variable) => {
    const meant = settings.includes(variable) ? undefined : nearest(variable, settings);
    return meant === undefined ? [] : [{ variable, hint: `${variable}: is no setting; did you mean ${meant}?` }];
  });
}

interface DistanceOptions {
  readonly turned?: number;
  readonly most?: number;
}

/**
 * Letters that are wrong, missing, too many, or the other way round.
 *
 * in      turned: what two that are the other way round cost; 2: as two that are wrong. most: what is above that may be any such number
 * source  Damerau, optimal string alignment; with 2: Levenshtein
 */
export function distanceOf(
  one: string,
  other: string,
  { turned = 1, most = Number.POSITIVE_INFINITY }: DistanceOptions = {},
): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isTurned = row > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isTurned ? (before[column - 2] ?? Number.POSITIVE_INFINITY) + turned : Number.POSITIVE_INFINITY,
      );
    }
    if (Math.min(...last) > most && Math.min(...next) > most) return most + 1;
    [before, last] = [last, next];
  }
  return last[other.length] ?? 0;
}
