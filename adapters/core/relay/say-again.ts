import type { Attempt } from "../dispatch/attempt.ts";
import type { during } from "../dispatch/outcome.ts";
import type { Ports } from "../dispatch/ports.ts";
import { type Outgoing, outboxRow, saidMark } from "../ledger/entry.ts";
import { type Marks, markedAt } from "../ledger/marks.ts";
import type { say } from "./saying.ts";

/** What it may have no copy of. */
interface Parts {
  readonly say: typeof say;
  readonly during: typeof during;
  /** Of this process. */
  readonly marks: Marks;
}

/** The first run may have died between saving and publishing. */
export async function sayAgain(
  own: Outgoing | undefined,
  attempt: Attempt,
  { say, during, marks }: Parts,
): Promise<void> {
  const { work, ports, signal, fromEdge = false } = attempt;
  const { documentKey, key } = work;
  if (fromEdge && own) return void (await say(own, attempt));
  const mark = saidMark(documentKey, key);
  if (!fromEdge && isSettled(marks.saidAt(mark), ports)) return;
  const [marked, moved] = await during("ledger", () =>
    ports.ledger.loadAll([mark, ...(own ? [] : [outboxRow(documentKey, key)])], { signal }),
  );
  signal.throwIfAborted();
  const at = markedAt(marked?.entry);
  if (!fromEdge && at !== undefined && isSettled(at, ports)) return marks.know(mark, at);
  await say(own ?? (moved?.entry as Outgoing | undefined), attempt);
}

/**
 * Whether what was said need not be said again. Where a broker may lose what it has confirmed, an event that comes again a while later
 * is mostly somebody's who misses what follows from it.
 */
const isSettled = (at: number | undefined, { doubts }: Ports): boolean =>
  at !== undefined && doubts?.isSettled(at) !== false;
