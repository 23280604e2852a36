/** What a handler could ask and must not need: the clock, chance, the environment. */
export interface Surroundings {
  /** ms since the epoch. */
  readonly clock: number;
  /** From 0 to 1. */
  readonly chance: number;
  /** What each variable of the environment says. Left out: what it says. */
  readonly variable?: string;
  /** Objects come back from a store with their keys the other way round. */
  readonly isReversed?: boolean;
}

export const USUAL: Surroundings = { clock: Date.UTC(2026, 0, 5, 10), chance: 0.25 };

/** What is varied, by the name of the finding where that changes what a function does. */
export const VARIATIONS: Readonly<Record<"clock" | "chance" | "environment" | "key-order", Surroundings>> = {
  clock: { ...USUAL, clock: USUAL.clock + 40_000_123 },
  chance: { ...USUAL, chance: 0.75 },
  environment: { ...USUAL, variable: "otherwise" },
  "key-order": { ...USUAL, isReversed: true },
};

const uuidOf = (chance: number) => {
  const digit = Math.floor(chance * 16).toString(16);
  return `${digit.repeat(8)}-0000-4000-8000-${digit.repeat(12)}` as const;
};

let depth = 0;
let restore = () => {};

/** Until `leaveSurroundings` has been called as often, time stands still and chance is none. */
export function enterSurroundings({ clock, chance, variable }: Surroundings): void {
  if (depth++ > 0) return;
  const { Date: date } = globalThis;
  const { random } = Math;
  const { now } = performance;
  const { env } = process;
  globalThis.Date = new Proxy(date, {
    construct: (target, args, self) =>
      Reflect.construct(target, args.length > 0 ? args : [clock], self === globalThis.Date ? target : self),
    apply: (target) => new target(clock).toString(),
    get: (target, name) => (name === "now" ? () => clock : Reflect.get(target, name)),
  });
  Math.random = () => chance;
  performance.now = () => clock - USUAL.clock;
  const own = (name: "randomUUID" | "getRandomValues", value: unknown) =>
    Object.defineProperty(globalThis.crypto, name, { value, configurable: true });
  own("randomUUID", () => uuidOf(chance));
  own("getRandomValues", (numbers: Uint8Array) => numbers.fill(Math.floor(chance * 256)));
  if (variable !== undefined)
    process.env = new Proxy(env, { get: (_, name) => (typeof name === "string" ? variable : undefined) });
  restore = () => {
    globalThis.Date = date;
    Math.random = random;
    performance.now = now;
    process.env = env;
    // Below them are those of the prototype.
    for (const name of ["randomUUID", "getRandomValues"]) Reflect.deleteProperty(globalThis.crypto, name);
  };
}

export function leaveSurroundings(): void {
  if (--depth === 0) restore();
}

/** The same value, the keys of its objects the other way round. */
export function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, reversed(each)]),
  );
}
