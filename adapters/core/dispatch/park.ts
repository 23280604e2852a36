import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { digestOfEvent } from "../event/digest.ts";
import { encodeStructured } from "../event/encode.ts";
import { eventKey } from "../event/ids.ts";
import { keptEvent } from "../event/kept-event.ts";
import { keeping } from "../ledger/due.ts";
import {
  compact,
  type Entry,
  fromStored,
  handledIn,
  inboxRow,
  type Parked,
  parkedKey,
  shortened,
} from "../ledger/entry.ts";
import type { CallOptions, Held } from "../ledger/ledger.ts";
import { letGo } from "../ledger/let-go.ts";
import { isLeased } from "./is-leased.ts";
import { type Step, StepError } from "./outcome.ts";
import type { Origin, Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";

const TRIES = 5;
/** A sidecar that waits for the answer waits little longer than a dispatch may take. */
const MOST_MS = 1_500;

export interface TurnOptions {
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly work: Pick<Work, "documentKey" | "key">;
  readonly signal: AbortSignal;
}

export interface ParkOptions {
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly event: CloudEvent;
  readonly origin: Origin;
  /** Left out: its document cannot be told, and it waits for nobody. */
  readonly work?: Work | undefined;
  /** On what it failed. Left out: it is still at work, and this process keeps what comes later of its document behind it. */
  readonly step?: Step;
  /** That failed. */
  readonly attempts: number;
  /** When it is to be tried, in ms since the epoch. */
  readonly due: number;
  /** Also where it was handled and not said, and where its document is another's now, or of a newer build: nobody waits behind it then. */
  readonly evenAlone?: boolean;
}

/** out: false where others were faster, and where it was handled meanwhile: its next delivery will tell */
export async function park(options: ParkOptions): Promise<boolean> {
  const { fn, event, work, step, origin, ports, attempts, due, evenAlone = false } = options;
  const { ledger, now } = ports;
  const { topic, traceparent, tracestate } = origin;
  const signal = AbortSignal.timeout(MOST_MS);
  const hasTurn = step !== undefined && work && fn.keeps === "state";
  // Before it is parked: dying between the two leaves it to its broker, which has it still.
  const turn = hasTurn && (await waitBehind({ fn, work, ports, signal }).catch(evenAlone ? isOthers : undefined));
  if (hasTurn && !turn && !evenAlone) return false;
  const at = now();
  const parked: Parked = {
    ...{ body: encodeStructured(event), of: turn ? work?.documentKey : undefined, topic, traceparent, tracestate },
    ...(step === "unknown" ? { isUnknown: true } : {}),
    ...{ attempts, spentMs: 0, since: at, at, due },
  };
  const save = (documentKey: string, changes: Partial<Parked>, expected?: string) => {
    const entry: Entry = { v: 1, inbox: "", parked: { ...parked, ...changes } };
    return ledger.save(documentKey, entry, { expected, signal, ...keeping(entry, fn, ports) });
  };
  if (await save(keyOf(fn, event), {})) return true;
  const { documentKey, held } = await find(event, { fn, ports, signal });
  const before = parkedIn(held);
  // It came to its end before, and is replayed.
  if (!before) return Boolean(await save(documentKey, {}, held.version));
  // By another delivery of it, or by this one, whose answer was lost.
  if (before.attempts >= attempts && (before.of !== undefined || parked.of === undefined)) return true;
  // While it was at work. Whoever is faster keeps it parked as well.
  await save(
    documentKey,
    { attempts: Math.max(before.attempts, attempts), spentMs: before.spentMs, since: before.since },
    held.version,
  );
  return true;
}

/** What was parked while it was at work has come to its end. throws: when that cannot be saved: it is tried once more */
export async function unpark(event: CloudEvent, { fn, ports }: Pick<ParkOptions, "fn" | "ports">): Promise<void> {
  const { documentKey, held } = await find(event, { fn, ports });
  if (parkedIn(held)) await letGo(ports.ledger, documentKey, held.version);
}

/** Where an event is parked, or may be, and what is there. */
async function find(
  event: CloudEvent,
  { fn, ports: { ledger }, signal }: Pick<ParkOptions, "fn" | "ports"> & CallOptions,
): Promise<{ readonly documentKey: string; readonly held: Held }> {
  const load = async (documentKey: string) => ({ documentKey, held: await ledger.load(documentKey, { signal }) });
  const first = await load(keyOf(fn, event));
  return isOther(first.held, event) ? load(otherKeyOf(fn, event)) : first;
}

const keyOf = (fn: FunctionDefinition, event: CloudEvent): string => parkedKey(fn.documents, compact(eventKey(event)));

/** Of one whose id another event has that is parked: which of the two it names is told when they are handled. */
const otherKeyOf = (fn: FunctionDefinition, event: CloudEvent): string =>
  `${keyOf(fn, event)}-${shortened(digestOf(event))}`;

const digestOf = (event: CloudEvent): string => digestOfEvent(event.subject ?? "", event);

/** Whether an event of this id is parked that says something else. */
function isOther(held: Held, event: CloudEvent): boolean {
  const { body } = parkedIn(held) ?? {};
  return body !== undefined && digestOf(keptEvent(body, "what is parked")) !== digestOf(event);
}

/** What one that came to its end has left lies there for a moment more. */
const parkedIn = ({ entry }: Held): Parked | undefined => (entry as Entry | undefined)?.parked;

/** out: false where a document is not to be changed: another is at work on it, or a newer build has it */
function isOthers(error: unknown): false {
  if (error instanceof StepError && (error.step === "leased" || error.step === "newer")) return false;
  throw error;
}

export function requireTurn({ behind = [] }: Entry, key: string): void {
  if (behind.length > 0 && behind[0] !== key)
    throw new StepError("behind", "an earlier event of its subject is parked");
}

/** The entry, once an event of it has had its turn. */
export function without(entry: Entry, key: string): Entry {
  if (!entry.behind?.includes(key)) return entry;
  const { behind, ...rest } = entry;
  const left = behind.filter((one) => one !== key);
  return left.length > 0 ? { ...rest, behind: left } : rest;
}

/** out: the document in which it waits for its turn. throws: when that cannot be saved */
export async function takeTurn({
  fn,
  work,
  ports,
}: Pick<ParkOptions, "fn" | "work" | "ports">): Promise<string | undefined> {
  if (!work || fn.keeps !== "state") return undefined;
  const signal = AbortSignal.timeout(MOST_MS);
  return (await waitBehind({ fn, work, ports, signal })) ? work.documentKey : undefined;
}

/** out: false where it was handled meanwhile */
async function waitBehind(options: TurnOptions): Promise<boolean> {
  const { work, ports, signal } = options;
  const { documentKey, key } = work;
  let isHandled = false;
  const hasRow = async () => (await ports.ledger.load(inboxRow(documentKey, key), { signal })).entry !== undefined;
  await change(options, async (entry) => {
    isHandled = handledIn(entry, key) !== undefined || (entry.spilled === true && (await hasRow()));
    return isHandled || entry.behind?.includes(key) ? entry : { ...entry, behind: [...(entry.behind ?? []), key] };
  });
  return !isHandled;
}

/**
 * An event that came to its end has had its turn.
 *
 * out     the document of the parked event whose turn it is now
 * throws  when that cannot be saved
 */
export async function leaveTurn(options: TurnOptions): Promise<string | undefined> {
  const { fn, work } = options;
  if (fn.keeps !== "state") return undefined;
  const { behind: [first] = [] } = await change(options, (entry) => without(entry, work.key));
  return first === undefined ? undefined : parkedKey(fn.documents, first);
}

/** The first of those that have to wait is not parked, and nobody has brought it for long: it has lost its turn. */
export async function passTurn(options: TurnOptions): Promise<void> {
  const { fn, work, ports, signal } = options;
  const { entry } = await ports.ledger.load(work.documentKey, { signal });
  const [first = work.key] = fromStored(entry).behind ?? [];
  if (first === work.key) return;
  const held = await ports.ledger.load(parkedKey(fn.documents, first), { signal });
  if (!parkedIn(held)) await change(options, (now) => without(now, first));
}

/** out: the entry as it is then. throws: when the ledger fails, another is at work, and when others are always faster */
async function change(
  { fn, work, ports, signal }: TurnOptions,
  to: (entry: Entry) => Entry | Promise<Entry>,
): Promise<Entry> {
  const { ledger } = ports;
  for (let tries = 0; tries < TRIES; tries++) {
    const { entry: stored, version } = await ledger.load(work.documentKey, { signal });
    const entry = fromStored(stored);
    const next = await to(entry);
    if (next === entry) return entry;
    // Its version is theirs: what their handler has done would be done again.
    if (entry.lease && isLeased(entry, ports) && compact(entry.lease.event) !== work.key)
      throw new StepError("leased", "another delivery is at work");
    if (await ledger.save(work.documentKey, next, { expected: version, signal, ...keeping(next, fn, ports) }))
      return next;
  }
  throw new StepError("contention", "others were faster");
}
