import { StepError } from "../dispatch/outcome.ts";
import { CLOCK_SKEW_MS } from "../dispatch/ports.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import { inBatches } from "../ledger/in-batches.ts";
import type { Document, Due, Ledger, Row, Saved } from "../ledger/ledger.ts";
import { loadMany } from "../ledger/load-many.ts";
import { DAY_MS } from "../ledger/retention.ts";
import { createSlots, type Slot } from "./slots.ts";

/** What is due no later is kept in the slot itself. */
const SOON_MS = 60_000;
const MOST_ON_PAGE = 200;
/** What is due later waits for the end of a step: the further ahead, the longer they are. */
const STEPS = [
  { aheadMs: 2 * 60 * 60 * 1_000, stepMs: 60_000 },
  { aheadMs: DAY_MS, stepMs: 10 * 60_000 },
  { aheadMs: Number.POSITIVE_INFINITY, stepMs: 60 * 60_000 },
] as const;
/** Nothing is due later than in a month: no delay is longer, nor is what was said kept for longer. */
const SLOT_KEPT_MS = 64 * DAY_MS;

interface AgendaOptions {
  /** Cannot be asked what is due. */
  readonly ledger: Ledger;
  /** The function's name. */
  readonly of: string;
  readonly now: () => number;
}

/** What is in a slot. */
interface Content extends Document {
  readonly v: 1;
  /** By document key, in ms since the epoch. */
  readonly soon: Readonly<Record<string, number>>;
  /** How many pages, by their writer and by the end of their step. */
  readonly pages: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Document keys that are due at the end of one step. */
interface Page extends Document {
  readonly v: 1;
  readonly keys: readonly string[];
}

export interface Agenda extends Ledger {
  /**
   * Takes a slot, so that others notice when this process dies.
   *
   * out  when one was last found to have died, in ms since the epoch
   */
  enter(): Promise<number | undefined>;
  readonly due: NonNullable<Ledger["due"]>;
  readonly looked: NonNullable<Ledger["looked"]>;
  readonly close: NonNullable<Ledger["close"]>;
}

/**
 * Makes a ledger know what is due. Whoever saves a document that is due writes its key down before: dying between the two leaves a key
 * without a document, or of one that was due already. What a process has written down, it looks at itself; when it is gone, another
 * takes over.
 *
 * throws  (save) when it cannot be written down: nothing is saved then
 */
export function createAgenda({ ledger, of, now }: AgendaOptions): Agenda {
  const slots = createSlots({ ledger, of, now });
  const soon = new Map<string, number>();
  const pages = new Map<string, Map<number, number>>();
  /** Of those that this process still writes on, by the end of their step. */
  const open = new Map<number, string[]>();
  /** What it has written on a page lately, and when that is due. */
  const paged = new Map<string, number>();
  /** As it has, since the last time that all was written. */
  const turned = new Map<string, number>();
  /** To be written down with what comes next: what has another time is looked at too early until then. */
  const moves = new Map<string, number>();
  /** Placed, and not known to be written. */
  const unwritten = new Set<string>();
  /** Of what is saved and is due before it had to be written down for: this process may look then. */
  const sooner = new Map<string, number>();
  /** How many saves of a document are under way. */
  const saving = new Map<string, number>();
  /** What a look has to say of documents that were told, and not saved since. */
  let told = new Set<string>();
  /** Nobody knows whether they are saved: they may be yet, once somebody has looked in vain. */
  const doubtful = new Set<string>();
  let held: Slot | undefined;
  let changed = new Map<string, Page>();
  let isChanged = false;
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let work: { readonly writer: string; readonly end: number; readonly left: Set<string> } | undefined;

  const pageKey = (writer: string, end: number, nth: number) => `${of}-page-${writer}-${end}-${nth}`;
  const countOf = (writer: string, end: number) => pages.get(writer)?.get(end) ?? 0;
  const setCount = (writer: string, end: number, count: number) => {
    const counts = pages.get(writer) ?? new Map<number, number>();
    if (count > 0) pages.set(writer, counts.set(end, count));
    else if (counts.delete(end) && counts.size === 0) pages.delete(writer);
    isChanged = true;
  };
  const turnPage = (writer: string, key: string, at: number) => {
    const ahead = at - now();
    const { stepMs } = STEPS.find(({ aheadMs }) => ahead <= aheadMs) ?? STEPS[0];
    const end = Math.ceil(at / stepMs) * stepMs;
    const keys = open.get(end);
    if (keys && keys.length < MOST_ON_PAGE) keys.push(key);
    else {
      open.set(end, [key]);
      setCount(writer, end, countOf(writer, end) + 1);
    }
    changed.set(pageKey(writer, end, countOf(writer, end) - 1), { v: 1, keys: [...(open.get(end) ?? [])] });
    turned.set(key, end);
  };
  const place = (writer: string, [key, at]: readonly [string, number]) => {
    isChanged = true;
    unwritten.add(key);
    if (at > now() + SOON_MS) return turnPage(writer, key, at);
    soon.set(key, at);
    turned.delete(key);
  };

  let lastWriter: string | undefined;
  const write = async () => {
    const slot = await slots.hold();
    const { writer } = slot;
    // Pages are named after their writer: those of another time are whole.
    if (writer !== lastWriter) open.clear();
    lastWriter = writer;
    const moved = [...moves];
    moves.clear();
    for (const move of moved) place(writer, move);
    for (const end of open.keys()) if (end <= now()) open.delete(end);
    const placed = [...unwritten];
    const pagesToWrite = changed;
    changed = new Map();
    isChanged = false;
    try {
      await put(slot, pagesToWrite);
    } catch (error) {
      isChanged = true;
      changed = new Map([...pagesToWrite, ...changed]);
      throw error;
    }
    held = slot;
    for (const key of placed) unwritten.delete(key);
    // Rows are written in no order: a key is in the slot until its page is known to be there.
    for (const [key, end] of turned) {
      paged.set(key, end);
      isChanged = soon.delete(key) || isChanged;
    }
    turned.clear();
    forgetOldest(paged);
  };
  const put = async (slot: Slot, pagesToWrite: ReadonlyMap<string, Page>) => {
    const content: Content = {
      v: 1,
      soon: Object.fromEntries(soon),
      pages: Object.fromEntries([...pages].map(([writer, counts]) => [writer, Object.fromEntries(counts)])),
    };
    const rows: Row[] = [...pagesToWrite].map(([key, entry]) => ({ key, entry, ttlMs: SLOT_KEPT_MS }));
    for (const batch of inBatches([...rows, { key: slot.key, entry: content, ttlMs: SLOT_KEPT_MS }]))
      await ledger.put(batch);
    // It may have been taken over before this was in it.
    if (!slots.isHeld(slot)) throw new StepError("ledger", "the slot was lost meanwhile");
  };
  /** One call for all that wait for it. */
  const flush = (): Promise<void> => {
    next ??= writing
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        writing = write();
        return writing;
      });
    return next;
  };

  /** throws: StepError `ledger` where it is not certain that it is looked at then */
  const writeDown = async (key: string, due: number) => {
    // Who looks and finds nothing drops it: by then it is saved, or never.
    const at = Math.max(due, now() + CLOCK_SKEW_MS);
    // Another save of it may rest on a time before.
    moves.set(key, Math.min(at, moves.get(key) ?? at));
    await flush();
    if (now() >= at) throw new StepError("ledger", "writing down what is due took too long");
  };
  const timeOf = (key: string): number | undefined => soon.get(key) ?? paged.get(key);
  /** Whoever has taken over what this process had may have looked, and dropped it. */
  const isHeld = () => held !== undefined && slots.isHeld(held);
  const isBehind = () => isChanged || moves.size > 0 || (soon.size + pages.size > 0 && !isHeld());
  /** Whether it is certain, whatever dies, that somebody looks by then. */
  const isWrittenDown = (key: string, due: number): boolean =>
    isHeld() && !moves.has(key) && !unwritten.has(key) && (timeOf(key) ?? Number.POSITIVE_INFINITY) <= due;
  const note = (key: string, due: Due | undefined) => {
    work?.left.delete(key);
    sooner.delete(key);
    const known = timeOf(key);
    // What the others rest on stays as it is.
    if (saving.has(key)) {
      if (due && known === undefined && !moves.has(key)) moves.set(key, due.at);
    } else if (due === undefined && doubtful.delete(key)) moves.set(key, now() + SOON_MS);
    else if (due === undefined) {
      moves.delete(key);
      isChanged = soon.delete(key) || isChanged;
    } else if (known === undefined || known < due.at) moves.set(key, due.at);
  };

  const count = (key: string, more: 1 | -1) => {
    const under = (saving.get(key) ?? 0) + more;
    if (under > 0) saving.set(key, under);
    else saving.delete(key);
    told.delete(key);
  };

  const adopt = async (slot: Slot) => {
    const { entry } = await ledger.load(slot.key);
    const content = entry as Content | undefined;
    for (const [key, at] of Object.entries(content?.soon ?? {})) {
      soon.set(key, Math.min(at, soon.get(key) ?? at));
      unwritten.add(key);
    }
    for (const [writer, counts] of Object.entries(content?.pages ?? {}))
      for (const [end, count] of Object.entries(counts))
        setCount(writer, Number(end), Math.max(count, countOf(writer, Number(end))));
    isChanged = true;
    await flush();
  };

  /** What is left of the page in hand; where nothing is, the next whose time has come. */
  const onPage = async (until: number): Promise<readonly string[]> => {
    if (work) {
      // What could not be looked at must not hold up the pages after it.
      for (const key of work.left) if (timeOf(key) === undefined && !moves.has(key)) moves.set(key, now() + SOON_MS);
      setCount(work.writer, work.end, countOf(work.writer, work.end) - 1);
      work = undefined;
    }
    for (const [writer, counts] of pages)
      for (const [end, count] of counts) {
        if (end > until) continue;
        const { entry } = await ledger.load(pageKey(writer, end, count - 1));
        work = { writer, end, left: new Set((entry as Page | undefined)?.keys) };
        for (const key of work.left) paged.delete(key);
        if (work.left.size > 0) return [...work.left];
        setCount(writer, end, count - 1);
        work = undefined;
        return onPage(until);
      }
    return [];
  };

  /** All that is written down, by whomever. */
  const peek = async (): Promise<readonly string[]> => {
    if (isBehind()) await flush();
    const keys = new Set<string>();
    for (const slot of await slots.all()) {
      const { entry } = await ledger.load(slot.key);
      const { soon: near = {}, pages: far = {} } = (entry ?? {}) as Partial<Content>;
      for (const key of Object.keys(near)) keys.add(key);
      const pageKeys = Object.entries(far).flatMap(([writer, counts]) =>
        Object.entries(counts).flatMap(([end, count]) =>
          Array.from({ length: count }, (_, nth) => pageKey(writer, Number(end), nth)),
        ),
      );
      for (const page of await loadMany(ledger, pageKeys))
        for (const key of (page.entry as Page | undefined)?.keys ?? []) keys.add(key);
    }
    return [...keys];
  };

  return {
    ...ledger,
    async save(key, entry, options) {
      const { due } = options;
      const mustLook = due !== undefined && !due.isIdle;
      let saved: Saved | false;
      count(key, 1);
      sooner.delete(key);
      try {
        if (mustLook && !isWrittenDown(key, due.at)) await writeDown(key, due.at);
        saved = await ledger.save(key, entry, options).catch((error: unknown) => {
          if (mustLook) doubtful.add(key);
          forgetOldest(doubtful);
          throw error;
        });
      } finally {
        count(key, -1);
      }
      if (saved) note(key, due);
      if (saved && mustLook) sooner.set(key, due.at);
      forgetOldest(sooner);
      // It was away for so long that another may have looked in vain meanwhile.
      if (saved && mustLook && !isHeld()) await flush();
      return saved;
    },
    async due(_of, { until, most, isPeek }) {
      if (isPeek) return peek();
      let trouble: unknown;
      const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await work();
        } catch (error) {
          trouble = error;
          return undefined;
        }
      };
      await attempt(() => slots.takeOver(adopt));
      if (isBehind()) await attempt(flush);
      const now = [...soon]
        .map(([key, at]) => [key, Math.min(at, sooner.get(key) ?? at)] as const)
        .filter(([, at]) => at <= until)
        .sort(([, one], [, other]) => one - other);
      const keys = now.slice(0, most).map(([key]) => key);
      const later = keys.length < most ? await attempt(() => onPage(until)) : undefined;
      const all = [...keys, ...(later ?? [])];
      // What is known is looked at all the same: else what is too much to be written down would never become less.
      if (all.length === 0 && trouble) throw trouble;
      told = new Set(all.filter((key) => !saving.has(key)));
      return all;
    },
    async enter() {
      // Without one it works all the same: only nobody would notice its end.
      await slots.hold().catch(() => undefined);
      return slots.lapsedAt();
    },
    looked(key, due) {
      if (told.delete(key)) note(key, due);
    },
    async close() {
      if (isBehind()) await flush().catch(() => undefined);
      await slots.giveBack({ isEmpty: soon.size + pages.size + moves.size === 0 });
      await ledger.close?.();
    },
  };
}
