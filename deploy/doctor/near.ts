import { distanceOf } from "../../adapters/core/host/misspelt.ts";

/** Two letters the other way round are two that are wrong. */
const TURNED = 2;

/** The name that was perhaps meant: at most two letters away, and fewer than half of them. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const all = names.map((other) => ({ other, distance: distanceOf(name, other, { turned: TURNED }) }));
  const [best] = all.toSorted((one, other) => one.distance - other.distance);
  return best && best.distance <= 2 && best.distance * 2 < name.length ? best.other : undefined;
}
