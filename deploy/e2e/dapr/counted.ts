import { until } from "../shop/orders.ts";
import type { Counter } from "./counter.ts";
import type { Count, Line } from "./counting.ts";

const FAILS_FOR_MS = 60_000;
/** Pauses between attempts get longer, up to 30 s. */
export const DONE_MS = FAILS_FOR_MS + 60_000;

export type Trouble = Omit<Count, "document" | "n">;

export const troubles: Readonly<Record<string, () => Trouble>> = {
  "one that fails for 60 s": () => ({ failsUntil: Date.now() + FAILS_FOR_MS }),
  "one whose handler takes 8 s": () => ({ takesMs: 8_000 }),
};

export const print = (what: string, values: Readonly<Record<string, number>>) =>
  process.stdout.write(`${what} ${JSON.stringify(values)}\n`);

interface CountsOptions {
  readonly documents: number;
  /** Every 20th fails once. */
  readonly isFailing?: boolean;
  readonly takesMs?: number;
}

/** The first events of all documents, then the second, and so on. */
export const countsOf = (
  name: string,
  events: number,
  { documents, isFailing = false, takesMs }: CountsOptions,
): readonly Count[] =>
  Array.from({ length: events }, (_, number) => {
    const turn = Math.floor(number / documents);
    const fails = isFailing && (number + turn) % 20 === 0;
    const trouble = { ...(fails ? { failsUntil: 0 } : {}), ...(takesMs === undefined ? {} : { takesMs }) };
    return { document: `${name}-${number % documents}`, n: turn + 1, ...trouble };
  });

/** out: of the documents of that name, once so many events of them are handled */
export async function allHandled(
  counter: Counter,
  name: string,
  events: number,
  withinMs = 120_000,
): Promise<readonly Line[]> {
  const ours = () => counter.lines().filter(({ document }) => document.startsWith(`${name}-`));
  const done = new Set<string>();
  let read = 0;
  const isDone = () => {
    const lines = counter.lines();
    for (const { document, n } of lines.slice(read)) if (document.startsWith(`${name}-`)) done.add(`${document} ${n}`);
    read = lines.length;
    return done.size >= events;
  };
  await until(isDone, { what: `all of ${name} are handled`, everyMs: 10, withinMs }).catch((error) => {
    throw new Error(`${done.size} of ${events}: ${error.message}`);
  });
  return ours();
}
