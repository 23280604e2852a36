import { randomUUID } from "node:crypto";
import type { Ledger } from "../../adapters/core/ledger/ledger.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { whyMissing } from "../e2e/tools/output.ts";
import { account, copy, deposit, type Filled, fill, portsFor, tally } from "./account.ts";
import type { Bar, Section } from "./section.ts";
import { type Store, sqlite, stores, withStore } from "./stores.ts";

const TENTH = 10;
const LATE = 10_000;
const LATEST = 100_000;
/** Events between which an inbox is spilled (16) and an outbox (9): after so many everything comes again as it was. */
const CYCLE = 16 * 9;

/** Rounds at engines that take milliseconds for an event. */
const FEW = 2;

interface Case {
  readonly store: Store;
  readonly fn: FunctionDefinition;
  readonly events: number;
  readonly most: number;
}

const functions = [account, tally];

/** In SQLite an event that leaves an inbox is a page to write: a quarter of what one costs of which nothing is said. */
const mostOf = (store: Store, fn: FunctionDefinition): number => (store === sqlite && fn === tally ? 1.4 : 1.3);

const cases: readonly Case[] = [
  ...stores.flatMap((store) => functions.map((fn) => ({ store, fn, events: LATE, most: mostOf(store, fn) }))),
  ...functions.map((fn) => ({ store: sqlite, fn, events: LATEST, most: 1.5 })),
];

/** One subject that every store gets, after all but the last of its events. */
const filled = new Map<FunctionDefinition, Promise<Filled>>();
const FULL = randomUUID();
function fullOf(fn: FunctionDefinition): Promise<Filled> {
  const full = filled.get(fn) ?? fill(fn, FULL, LATE - 1);
  filled.set(fn, full);
  return full;
}

/** One that has had nine events, without its marks: nobody asks for them. */
async function newOf(fn: FunctionDefinition, subject: string): Promise<Filled> {
  return { ...(await fill(fn, subject, TENTH - 1)), rows: [] };
}

/** What an event costs a subject that has had many before it, over what it costs one that has had nine. */
export async function measureGrowth(rounds: number): Promise<Section> {
  const rows: string[][] = [];
  const bars: Bar[] = [];
  for (const { store, fn, events, most } of cases) {
    const what = `${store.name}, ${fn.name}, event ${events}`;
    if (whyMissing(what, [store])) {
      rows.push([what, "skipped"]);
      continue;
    }
    const value = await withStore(store, (ledger) => {
      return measure(ledger, { fn, events, rounds: store.isSlow ? Math.min(rounds, FEW) : rounds });
    });
    rows.push([what, value.toFixed(2)]);
    bars.push({ what, value, most });
  }
  return { title: "A late event of one subject", head: ["ledger, function", `time over event ${TENTH}`], rows, bars };
}

interface MeasureOptions extends Pick<Case, "fn" | "events"> {
  readonly rounds: number;
}

/**
 * One subject that is full, and each time another that has had nine events, in turn. Of each of the events of a cycle, the round
 * counts in which it took least: all that is spilled is in it, and nothing of what else the machine does. The first round warms up,
 * and lets the process know what one knows that has handled the events before.
 */
async function measure(ledger: Ledger, { fn, events, rounds }: MeasureOptions): Promise<number> {
  const ports = portsFor(ledger);
  await copy(await fullOf(fn), { ledger, times: events / LATE });
  const late = new Array<number>(CYCLE).fill(Infinity);
  const early = new Array<number>(CYCLE).fill(Infinity);
  for (let round = 0; round <= rounds; round++) {
    const fresh = Array.from({ length: CYCLE }, () => randomUUID());
    for (const subject of fresh) await copy(await newOf(fn, subject), { ledger });
    const time = async (subject: string, { nth, least }: { readonly nth: number; readonly least: number[] }) => {
      const started = performance.now();
      await deposit(fn, subject, ports);
      if (round > 0) least[nth] = Math.min(least[nth] ?? Infinity, performance.now() - started);
    };
    for (const [nth, subject] of fresh.entries()) {
      const isLateFirst = (nth + round) % 2 === 0;
      if (isLateFirst) await time(FULL, { nth, least: late });
      await time(subject, { nth, least: early });
      if (!isLateFirst) await time(FULL, { nth, least: late });
    }
  }
  return sum(late) / sum(early);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
