import { nearest } from "../../adapters/core/host/misspelt.ts";
import { UsageError } from "../../adapters/local/command-line.ts";
import type { EventType } from "../../functions/kernel/define.ts";

const version = (type: string): number => Number(/\.v(\d+)$/.exec(type)?.[1] ?? 0);
const withoutVersion = (type: string): string => type.replace(/\.v\d+$/, "");
/** com.example.order.paid.v1 → order.paid */
export const shorten = (type: string): string => withoutVersion(type).split(".").slice(2).join(".");

/**
 * An event type by its name, whole or as much of its end as tells it from others, with its version or without: then the newest.
 *
 * throws  UsageError that says which there are, or which was meant
 */
export function findType(name: string, types: readonly EventType[]): EventType {
  const endsSo = (type: string) => `.${type}`.endsWith(`.${name}`);
  const found = types.filter(({ type }) => endsSo(type) || endsSo(withoutVersion(type)));
  const [first] = found.toSorted((one, other) => version(other.type) - version(one.type));
  const others = new Set(found.map(({ type }) => withoutVersion(type)));
  if (first && others.size === 1) return first;
  if (first) throw new UsageError(`TYPE ${name}: is the end of ${found.map(({ type }) => type).join(", ")}`);
  const names = types.flatMap(({ type }) => [shorten(type), type]);
  const meant = nearest(name, names);
  const hint =
    meant === undefined
      ? `must be one of ${[...new Set(types.map(({ type }) => shorten(type)))].join(", ")}`
      : `did you mean ${meant}?`;
  throw new UsageError(`TYPE ${name}: is none that this system knows: ${hint}`);
}
