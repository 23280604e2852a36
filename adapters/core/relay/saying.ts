import type { Attempt } from "../dispatch/attempt.ts";
import { during } from "../dispatch/outcome.ts";
import { type Entry, type Outgoing, saidMark } from "../ledger/entry.ts";
import { marksOf } from "../ledger/marks.ts";

/** Whoever asked is not kept waiting for longer where a relay says it all the same. */
const EDGE_PUBLISH_MS = 2_000;

/** out: false where it is left to a relay, since nobody would deliver the event again and whoever asked is waiting */
export async function say(own: Outgoing | undefined, { work, ports, signal, progress }: Attempt): Promise<boolean> {
  if (!own) return true;
  const { said, due } = own;
  const isLeft = due !== undefined;
  const mark = saidMark(work.documentKey, work.key);
  const marks = marksOf(ports);
  progress.place = "publish";
  try {
    const ends = isLeft ? AbortSignal.any([signal, AbortSignal.timeout(EDGE_PUBLISH_MS)]) : signal;
    await during("publish", () => ports.publish(said, { signal: ends }));
  } catch (error) {
    ports.doubts?.failed(mark, { publish: ports.publish, marks });
    if (isLeft) return false;
    throw error;
  }
  marks.add(mark, ports.now());
  ports.doubts?.remember(mark, said);
  return true;
}

/** What this process knows to be said needs no relay. */
export function settled(
  { outbox = {} }: Entry,
  { work: { documentKey }, ports }: Attempt,
): NonNullable<Entry["outbox"]> {
  const marks = marksOf(ports);
  return Object.fromEntries(
    Object.entries(outbox).map(([key, { due, ...rest }]) => [
      key,
      due === undefined || marks.saidAt(saidMark(documentKey, key)) !== undefined ? rest : { ...rest, due },
    ]),
  );
}
