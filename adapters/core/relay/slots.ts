import { randomUUID } from "node:crypto";
import { StepError } from "../dispatch/outcome.ts";
import { CLOCK_SKEW_MS } from "../dispatch/ports.ts";
import { type Document, type Held, type Ledger, MOST_ROWS } from "../ledger/ledger.ts";

/** As many processes of one function as may have one each. */
const MOST_SLOTS = 40 * MOST_ROWS;
/** The slot of a process that is gone is found that much later. */
const LEASE_MS = 20_000;
const RENEW_MS = LEASE_MS / 4;
/** Where others take each slot that was free, as when many start at once. */
const TRIES = 10;

interface SlotsOptions {
  readonly ledger: Ledger;
  /** The function's name. */
  readonly of: string;
  readonly now: () => number;
}

/** Who has a slot. */
interface Lease extends Document {
  readonly v: 1;
  readonly owner: string;
  /** ms since the epoch. */
  readonly until: number;
  /** Whoever has it next writes under another key: who is late must not write over it. */
  readonly turn: number;
  /** Turns before it, in which something may be left. */
  readonly from?: readonly number[];
  /** Nothing is left in it. */
  readonly isEmpty?: true;
  /** When it was last found that its owner was gone without having given it back, in ms since the epoch. */
  readonly lapsed?: number;
}

/** A slot, and the key under which its owner writes. */
export interface Slot {
  readonly key: string;
  /** Told apart from all that were ever had. */
  readonly writer: string;
}

export interface Slots {
  /**
   * The slot of this process, which it keeps until it gives it back.
   *
   * throws  StepError `ledger` when all are taken
   */
  hold(): Promise<Slot>;
  /** Whether it is still held, for certain, at this time. */
  isHeld(slot: Slot): boolean;
  /**
   * Takes over the slots of processes that are gone, one after the other. Where this process has none, and none is free, the first
   * becomes its own.
   *
   * in  adopt: makes all that is in it its own. Dying before it is done leaves the slot to the next.
   */
  takeOver(adopt: (slot: Slot) => Promise<void>): Promise<void>;
  /** When a process was last found to be gone without a word, in ms since the epoch: it was killed, or has crashed. */
  lapsedAt(): Promise<number | undefined>;
  /** All that are in use, whoever has them: to be read. */
  all(): Promise<readonly Slot[]>;
  /** Never rejects. */
  giveBack(options: { readonly isEmpty: boolean }): Promise<void>;
}

interface Mine extends Slot {
  readonly at: number;
  readonly lease: Lease;
}

/**
 * A few documents that are leased, each to one process of a function: for stores that cannot be asked which documents are due. Leases
 * are saved by compare-and-set; what is in a slot, its owner alone writes.
 */
export function createSlots({ ledger, of, now }: SlotsOptions): Slots {
  const owner = randomUUID();
  let mine: Mine | undefined;
  let holding: Promise<Slot> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const leaseKey = (at: number) => `${of}-slot-${at}`;
  const toSlot = (at: number, turn: number): Slot => ({ key: `${of}-slot-${at}-${turn}`, writer: `${at}-${turn}` });
  /** As many calls as there are slots that were ever had: mostly one. */
  const loadLeases = async (): Promise<readonly Held[]> => {
    const leases: Held[] = [];
    while (leases.length < MOST_SLOTS && leases.every(({ entry }) => entry !== undefined)) {
      const first = leases.length;
      leases.push(...(await ledger.loadAll(Array.from({ length: MOST_ROWS }, (_, nth) => leaseKey(first + nth)))));
    }
    return leases;
  };
  const save = (at: number, lease: Lease, expected: string | undefined) =>
    ledger.save(leaseKey(at), lease, { expected });
  // Whoever has it may think so for a while longer: clocks differ.
  const isOver = ({ until }: Lease) => until + CLOCK_SKEW_MS < now();
  const hasLapsed = (lease: Lease) => lease.owner !== "" && isOver(lease);
  const lapseOf = ({ lapsed, ...lease }: Lease): Pick<Lease, "lapsed"> =>
    hasLapsed(lease) ? { lapsed: now() } : lapsed === undefined ? {} : { lapsed };
  const leased = (turn: number): Lease => ({ v: 1, owner, until: now() + LEASE_MS, turn });

  const isFree = ({ entry }: Held): boolean => entry === undefined || (entry as Lease).isEmpty === true;
  const acquire = async (): Promise<Mine> => {
    for (let tries = 0; tries < TRIES; tries++) {
      const slot = await tryFree();
      if (slot) return slot;
    }
    throw new StepError("ledger", `no slot of ${of} is free: there are ${MOST_SLOTS}, or others were faster`);
  };
  const tryFree = async (): Promise<Mine | undefined> => {
    const leases = await loadLeases();
    const free = [...leases.entries()].filter(([, held]) => isFree(held));
    // Whoever begins at the same moment begins elsewhere.
    const first = Math.floor(Math.random() * free.length);
    for (const [at, { entry, version }] of [...free.slice(first), ...free.slice(0, first)]) {
      const before = entry as Lease | undefined;
      const lease = { ...leased((before?.turn ?? 0) + 1), ...(before ? lapseOf(before) : {}) };
      if (await save(at, lease, version)) return { ...toSlot(at, lease.turn), at, lease };
    }
    return undefined;
  };
  /** out: false when it is somebody else's by now */
  const renew = async ({ at, lease }: Mine): Promise<boolean> => {
    const { entry, version } = await ledger.load(leaseKey(at));
    const { owner: other, turn } = (entry ?? {}) as Partial<Lease>;
    if (other !== owner || turn !== lease.turn) return false;
    const next = { ...lease, ...leased(lease.turn) };
    const isRenewed = (await save(at, next, version)) !== false;
    if (isRenewed && mine?.at === at) mine = { ...mine, lease: next };
    return isRenewed;
  };
  const keep = async () => {
    if (mine && !(await renew(mine).catch(() => true))) mine = undefined;
  };
  const keepUp = (slot: Mine): Mine => {
    timer ??= setInterval(keep, RENEW_MS).unref();
    mine = slot;
    return slot;
  };
  const isMine = (slot: Slot): boolean => mine?.writer === slot.writer && now() < mine.lease.until - CLOCK_SKEW_MS;

  return {
    hold() {
      if (mine && isMine(mine)) return Promise.resolve(mine);
      holding ??= (async () => {
        if (mine && !(await renew(mine))) mine = undefined;
        mine ??= await acquire();
        return keepUp(mine);
      })().finally(() => {
        holding = undefined;
      });
      return holding;
    },
    isHeld: isMine,
    async takeOver(adopt) {
      const leases = await loadLeases();
      const isFull = !leases.some(isFree);
      for (const [at, { entry, version }] of leases.entries()) {
        const lease = entry as Lease | undefined;
        if (!lease || lease.isEmpty || at === mine?.at || !isOver(lease)) continue;
        const { turn, from = [] } = lease;
        const turns = [...from, turn];
        const becomesMine = isFull && !mine;
        const lapse = lapseOf(lease);
        const next = becomesMine
          ? { ...leased(turn + 1), from: turns, ...lapse }
          : { ...lease, ...leased(turn), ...lapse };
        if (!(await save(at, next, version))) continue;
        if (becomesMine) keepUp({ ...toSlot(at, next.turn), at, lease: next });
        for (const old of turns) await adopt(toSlot(at, old));
        if (becomesMine) {
          if (mine?.at === at) mine = { ...mine, lease: { ...leased(next.turn), ...lapse } };
          continue;
        }
        const held = await ledger.load(leaseKey(at));
        if ((held.entry as Lease | undefined)?.owner === owner)
          await save(at, { v: 1, owner: "", until: 0, turn, isEmpty: true, ...lapse }, held.version);
      }
    },
    async lapsedAt() {
      const leases = (await loadLeases()).flatMap(({ entry }) => (entry ? [entry as Lease] : []));
      const times = leases.flatMap((lease) => lapseOf(lease).lapsed ?? []);
      return times.length > 0 ? Math.max(...times) : undefined;
    },
    async all() {
      const leases = (await loadLeases()).map(({ entry }) => entry as Lease | undefined);
      return leases.flatMap((lease, at) =>
        lease && !lease.isEmpty ? [...(lease.from ?? []), lease.turn].map((turn) => toSlot(at, turn)) : [],
      );
    },
    async giveBack({ isEmpty }) {
      clearInterval(timer);
      timer = undefined;
      const slot = mine;
      mine = undefined;
      if (!slot) return;
      const { at, lease } = slot;
      try {
        const { entry, version } = await ledger.load(leaseKey(at));
        if ((entry as Lease | undefined)?.owner !== owner) return;
        await save(at, { ...lease, owner: "", until: 0, ...(isEmpty ? { isEmpty } : {}) }, version);
      } catch {
        // It runs out.
      }
    },
  };
}
