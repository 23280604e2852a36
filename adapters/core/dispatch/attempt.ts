import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Trace } from "../event/trace.ts";
import { keeping } from "../ledger/due.ts";
import { type Entry, type Handled, inboxRow, versioned } from "../ledger/entry.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Saved } from "../ledger/ledger.ts";
import { during } from "./outcome.ts";
import type { Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";
import type { Progress } from "./progress.ts";

/** One delivery of one event, and all that it needs. */
export interface Attempt {
  readonly fn: FunctionDefinition;
  readonly work: Work;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly fromEdge?: boolean | undefined;
  readonly isNew?: boolean | undefined;
  readonly onState?: ((state: unknown) => void) | undefined;
  readonly progress: Progress;
}

/** What a document says, and the version to replace. */
export interface Known {
  readonly entry: Entry;
  readonly version: string | undefined;
}

/** Documents of which older events have rows, as far as this process has met them. */
const spilled = new Set<string>();

export interface Read {
  readonly known: Known;
  /** Of the event, where it is older than the inbox. */
  readonly row?: Handled | undefined;
}

/** throws: StepError `ledger` and `newer` */
export async function load({ work, ports, signal }: Attempt): Promise<Read> {
  const { documentKey, key } = work;
  const rowKey = inboxRow(documentKey, key);
  const isSpilled = spilled.has(documentKey);
  const [held = {}, row] = isSpilled
    ? await during("ledger", () => ports.ledger.loadAll([documentKey, rowKey], { signal }))
    : [await during("ledger", () => ports.ledger.load(documentKey, { signal }))];
  const entry = versioned(held.entry) ?? (await during("ledger", () => import("./later.ts"))).fromStored(held.entry);
  signal.throwIfAborted();
  const known = { entry, version: held.version };
  if (!entry.spilled || isSpilled) return { known, row: row?.entry as Handled | undefined };
  spilled.add(documentKey);
  forgetOldest(spilled);
  const older = await during("ledger", () => ports.ledger.load(rowKey, { signal }));
  signal.throwIfAborted();
  return { known, row: older.entry as Handled | undefined };
}

/** out: false when another was faster. throws: StepError `ledger` */
export async function save(
  entry: Entry,
  { version }: Pick<Known, "version">,
  { fn, work, ports, signal }: Attempt,
): Promise<Saved | false> {
  const saved = await during("ledger", () =>
    ports.ledger.save(work.documentKey, entry, { expected: version, signal, ...keeping(entry, fn, ports) }),
  );
  signal.throwIfAborted();
  return saved;
}
