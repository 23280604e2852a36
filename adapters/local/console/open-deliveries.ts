import { createRecent } from "../../core/ledger/recent.ts";
import type { Happening } from "./api-types.ts";

/** An event that a function owes an answer to. */
export interface Owed {
  readonly app: string;
  /** The event's, or `#` and the entry's of what has none. */
  readonly id: string;
  readonly topic: string;
  /** When it was published, in ms since the epoch; for what was not seen then: when it was delivered. */
  readonly at: number;
  /** Its function says that it tries it again without its broker. */
  isParked: boolean;
  /** An attempt has failed. */
  hasFailed: boolean;
  /** Its sidecar was told that it is done, in ms since the epoch. */
  answered?: number;
  /** Its function has said how, or nothing else is to be expected. */
  end?: "handled" | "passed" | "dead";
}

/** An effect that was tried under more than one key, for one event. */
interface Twice {
  readonly kind: string;
  readonly event: string;
  readonly keys: readonly string[];
}

/** Follows what happens, and knows what has not ended. */
export interface OpenDeliveries {
  /** In the order in which they happened. */
  see(row: Happening): void;
  open(): readonly Owed[];
  /** Calls with each that opens from now on. out: ends that */
  onOwed(listener: (owed: Owed) => void): () => void;
  /** So far. A handler here tries one effect of a kind for an event, under one key whatever happens. */
  twice(): readonly Twice[];
}

interface Options {
  /** By topic: who hears it. */
  readonly hearers: Readonly<Record<string, readonly string[]>>;
  readonly now: () => number;
}

/** The oldest are forgotten beyond that. */
const MOST = 50_000;
/** Of what has ended, and of effects: who tells of it late still finds it. */
const HALF_LATELY = 1_000;
/** Service and sidecar are read by two pipes: what was answered may turn out to be parked. */
const SETTLED_MS = 1_000;

export const idOf = ({ event, entry }: Happening): string => event ?? `#${entry}`;

/** out: whether it is over */
export const hasEnded = ({ end, answered, isParked }: Owed, now: number): boolean =>
  end !== undefined || (answered !== undefined && !isParked && now - answered >= SETTLED_MS);

export function createOpenDeliveries({ hearers, now }: Options): OpenDeliveries {
  const all = new Map<string, Owed>();
  const ended = createRecent<Owed>(HALF_LATELY);
  const keys = createRecent<Set<string>>(HALF_LATELY);
  const twice: Twice[] = [];
  const listeners = new Set<(owed: Owed) => void>();
  const keyOf = (app: string, id: string) => `${app} ${id}`;

  const find = (key: string) => all.get(key) ?? ended.get(key);
  const open = (app: string, row: Happening) => {
    const id = idOf(row);
    const known = find(keyOf(app, id));
    if (known && !hasEnded(known, now())) return;
    ended.delete(keyOf(app, id));
    const owed: Owed = { app, id, topic: row.topic ?? "", at: row.at, isParked: false, hasFailed: false };
    remember(all, keyOf(app, id), owed);
    for (const listener of listeners) listener(owed);
  };
  const tried = ({ how: kind = "", event, key }: Happening) => {
    if (event === undefined || key === undefined) return;
    const before = keys.get(keyOf(kind, event));
    if (!before) return keys.set(keyOf(kind, event), new Set([key]));
    if (before.has(key)) return;
    before.add(key);
    twice.push({ kind, event, keys: [...before] });
  };
  const told = (owed: Owed, { outcome, how }: Happening) => {
    if (outcome === "retry" || how === "parked") owed.hasFailed = true;
    if (outcome === "dead") owed.end = "dead";
    if (outcome === "ack") owed.isParked = how === "parked";
    if (outcome === "ack" && how !== "parked") owed.end = how === "handled" ? "handled" : "passed";
  };
  const seeOf = (app: string, row: Happening) => {
    const name = keyOf(app, idOf(row));
    const owed = find(name);
    if (row.kind === "delivered" && !owed) return open(app, row);
    if (!owed) return;
    if (row.kind === "told") told(owed, row);
    if (owed.end !== undefined && all.delete(name)) ended.set(name, owed);
    if (row.kind === "answered" && row.outcome === "retry") owed.hasFailed = true;
    if (row.kind === "answered" && DONE.has(row.outcome)) owed.answered = row.at;
  };
  return {
    see(row) {
      if (row.kind === "effect") tried(row);
      else if (row.kind === "published") for (const app of hearers[row.topic ?? ""] ?? []) open(app, row);
      else if (row.app !== undefined) seeOf(row.app, row);
    },
    open: () => [...all.values()].filter((owed) => !hasEnded(owed, now())),
    onOwed(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    twice: () => twice,
  };
}

/** The sidecar does not deliver it again after these. */
const DONE: ReadonlySet<string | undefined> = new Set(["success", "drop", "missing", "expired", "illegible"]);

function remember(map: Map<string, Owed>, key: string, value: Owed): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST) map.delete(map.keys().next().value ?? "");
}
