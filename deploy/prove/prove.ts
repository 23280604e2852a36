import type { SystemFunction } from "../../functions/kernel/system.ts";
import { waysToAnswer } from "./answers.ts";
import { type Book, createBook } from "./book.ts";
import { type Feed, type FeedOptions, toFeed } from "./feed.ts";
import type { Finding } from "./findings.ts";
import { createHistories, type Histories } from "./histories.ts";
import { proveAtRandom } from "./prove-at-random.ts";
import { proveBuilds } from "./prove-builds.ts";
import { proveCalm } from "./prove-calm.ts";
import { proveFaults } from "./prove-faults.ts";
import { proveOrders } from "./prove-orders.ts";
import { type Result, TIMEOUT } from "./run.ts";

export interface ProveOptions extends FeedOptions {
  /** Of what is done at random: the same seed, the same histories. */
  readonly seed?: number | undefined;
  /** How many histories are made at random. */
  readonly runs?: number | undefined;
  /** Its handlers depend on the order of the events of a subject, and somebody sees to that order. */
  readonly isOrdered?: boolean | undefined;
  /** The same function in the build before, to run beside it. Left out: nobody knows it. */
  readonly older?: SystemFunction<never> | undefined;
  /** For one delivery, in real time: a handler that never ends is waited for. Left out: ten seconds. */
  readonly deadlineMs?: number | undefined;
  readonly onProgress?: ((histories: number) => void) | undefined;
}

/** What a function was taken through, and what broke. */
export interface Proof {
  readonly function: string;
  readonly seed: number;
  readonly histories: number;
  readonly findings: readonly Finding[];
}

export const DEFAULTS = { seed: 1, runs: 200 };

/** Takes a function through duplicates, other orders, crashes and failures at every step, late answers, and a newer build beside it. */
export async function proveFunction(fn: SystemFunction<never>, options: ProveOptions = {}): Promise<Proof> {
  const { seed = DEFAULTS.seed, runs = DEFAULTS.runs, isOrdered = false, onProgress, deadlineMs, older } = options;
  const feed = toFeed(fn, options);
  const book = createBook();
  for (const type of feed.unsampled)
    book.add("unproven", { detail: `${type}: there is no valid sample of it`, history: [] });
  let count = 0;
  const onRun = () => {
    count++;
    onProgress?.(count);
  };
  for (const histories of await choose(fn, feed, { book, onRun, deadlineMs, older })) {
    const matter = { fn, feed, book, histories };
    await proveCalm(matter);
    // What remembers by itself does something else each time, whatever goes wrong.
    if (book.has("outside")) break;
    await proveFaults(matter);
    await proveBuilds(matter, older);
    await proveOrders(matter, { seed, runs, isOrdered });
    await proveAtRandom(matter, { seed, runs });
  }
  return { function: fn.name, seed, histories: count, findings: book.findings() };
}

interface ChooseOptions {
  readonly book: Book;
  readonly onRun: () => void;
  readonly deadlineMs: number | undefined;
  readonly older: SystemFunction<never> | undefined;
}

/** The way to answer in which most events are handled, and the way to refuse where it is as good and something else is said. */
async function choose(
  fn: SystemFunction<never>,
  feed: Feed,
  { book, ...options }: ChooseOptions,
): Promise<readonly Histories[]> {
  const all: {
    readonly histories: Histories;
    readonly handled: number;
    readonly talk: string;
    readonly isRefusal: boolean;
  }[] = [];
  // What it remembers of these by itself, it does not of those that it is proved with.
  const trial = feed.others.length === feed.events.length ? feed.others : feed.events;
  const most = 2 * trial.length;
  for (const { answers, isRefusal } of waysToAnswer(fn.uses)) {
    if (!isRefusal && all.some(({ handled }) => handled === most)) continue;
    const histories = createHistories(fn, { answers, ...options });
    const results: Result[] = [];
    for (const events of [...trial.map((event) => [event]), trial]) {
      const result = await histories.calm(events);
      results.push(result);
      if (![...result.ends.values()].includes(TIMEOUT)) continue;
      // Each history would wait for it.
      book.add("stuck", { detail: "the handler never comes to its end", history: result.history });
      return [];
    }
    const handled = results.flatMap(({ ends }) => [...ends.values()]).filter((end) => end === "handled").length;
    const talk = results
      .map(({ said }) => [...said.values()].map((text) => /"type":"[^"]*"/.exec(text)?.[0]).join())
      .join(";");
    all.push({ histories, handled, talk, isRefusal });
  }
  const best = Math.max(0, ...all.map(({ handled }) => handled));
  const usual = all.find(({ handled }) => handled === best);
  const refusal = all.find(({ isRefusal, handled, talk }) => isRefusal && handled === best && talk !== usual?.talk);
  return [usual, refusal].flatMap((way) => way?.histories ?? []);
}
