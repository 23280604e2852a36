import type { FunctionDefinition, Reaction } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { CARRIER_BYTES, MAX_BYTES } from "./event-size.ts";
import { passOver } from "./interest.ts";
import type { Entry, Held, Seen } from "./ledger.ts";
import { during, type Outcome, StepError } from "./outcome.ts";
import type { Delivery, Ports } from "./ports.ts";
import { KEPT_MS, prepare, type Work } from "./prepare.ts";
import type { Said } from "./publish.ts";
import { stamp } from "./stamp.ts";
import type { Trace } from "./trace.ts";

const TRIES = 16;
/** In UTF-8. */
const MOST_BYTES_A_CHARACTER = 3;

interface Attempt {
  readonly fn: FunctionDefinition;
  readonly work: Work;
  readonly ports: Ports;
  readonly signal: AbortSignal;
  readonly trace: Trace;
}

/**
 * Load, handle, save everything in one compare-and-set, publish. A crash anywhere leaves either nothing, or a document
 * from which the next delivery finishes the job.
 *
 * throws  Dead; StepError; whatever the handler throws
 */
export async function handle(
  fn: FunctionDefinition,
  delivery: Delivery & Trace & { readonly signal: AbortSignal },
  ports: Ports,
): Promise<Outcome> {
  const { signal } = delivery;
  const passed = passOver(fn, delivery, ports);
  if (passed) return passed;
  const work = prepare(fn, delivery.event, ports.now());
  const attempt = { fn, work, ports, signal, trace: delivery };
  for (let tries = 0; tries < TRIES; tries++) {
    const outcome = await tryOnce(attempt);
    if (outcome) return outcome;
  }
  throw new StepError("contention", new Error(`${TRIES} times another delivery was faster`));
}

/** out: undefined when another delivery was faster. */
async function tryOnce(attempt: Attempt): Promise<Outcome | undefined> {
  const { fn, work, ports, signal } = attempt;
  const read = await load(attempt);
  const seen = read.entry?.seen[work.eventKey];
  if (seen) {
    if (seen.digest !== work.digest) throw new Dead("conflict", "id: must name one event of its source, got another");
    // The first run may have died between saving and publishing.
    await during("publish", () => ports.publish(seen.said, { signal }));
    return { kind: "ack", how: "duplicate" };
  }
  const held = fn.exclusive ? await takeLease(read, attempt) : read;
  if (!held) return undefined;

  const { next, types } = await react(held, attempt);
  if (!(await save(next, held, attempt))) return undefined;
  const { said } = next.seen[work.eventKey] as Entry["seen"][string];
  await during("publish", () => ports.publish(said, { signal }));
  return { kind: "ack", how: "handled", said: types };
}

async function load({ work, ports, signal }: Attempt): Promise<Held> {
  const held = await during("ledger", () => ports.ledger.load(work.documentKey, { signal }));
  signal.throwIfAborted();
  return held;
}

/** A document without state is kept only as long as its events could come again. */
async function save(entry: Entry, held: Held, { work, ports, signal }: Attempt): Promise<boolean> {
  const saved = await during("ledger", () =>
    ports.ledger.save(work.documentKey, entry, {
      expected: held.version,
      signal,
      ...(entry.state === undefined ? { ttlMs: KEPT_MS } : {}),
    }),
  );
  signal.throwIfAborted();
  return saved;
}

/** out: the document as leased, or undefined when another was faster. throws: StepError `leased`. */
async function takeLease(held: Held, attempt: Attempt): Promise<Held | undefined> {
  const { work, ports } = attempt;
  const entry = held.entry ?? { seen: {} };
  const now = ports.now();
  if (entry.lease && entry.lease.until > now) throw new StepError("leased", new Error("another delivery is at work"));
  const lease = { event: work.eventKey, until: now + ports.leaseMs };
  if (!(await save({ ...entry, lease }, held, attempt))) return undefined;
  const leased = await load(attempt);
  return leased.entry?.lease?.until === lease.until ? leased : undefined;
}

interface Reacted {
  /** The document as it is to be saved. */
  readonly next: Entry;
  /** Of what is said. */
  readonly types: readonly string[];
}

/**
 * A handler that throws, or says what cannot be said, gives its lease back. One that dies or is too late lets it run out: it may
 * still be at work.
 */
async function react(held: Held, attempt: Attempt): Promise<Reacted> {
  const { fn, work, signal } = attempt;
  try {
    const reaction = (await work.clause.react(work.event, held.entry?.state)) ?? {};
    signal.throwIfAborted();
    return { next: after(held.entry, reaction, attempt), types: (reaction.emit ?? []).map(({ type }) => type) };
  } catch (error) {
    if (fn.exclusive && !signal.aborted) {
      const { lease: _, ...rest } = held.entry ?? { seen: {} };
      await save(rest, held, attempt).catch(() => undefined);
    }
    throw error;
  }
}

/**
 * Before anything is saved: what no broker takes would be said again for ever, and what nobody can bury would be lost.
 *
 * throws  Dead `size`
 */
function requireSizes(said: readonly Said[], { maxEventBytes = MAX_BYTES }: Ports): void {
  const most = maxEventBytes - CARRIER_BYTES;
  for (const { topic, body } of said)
    if (body.length * MOST_BYTES_A_CHARACTER > most && Buffer.byteLength(body) > most)
      throw new Dead("size", `event for ${topic}: must have at most ${most} bytes, got ${Buffer.byteLength(body)}`);
}

function after(
  { state: before, seen }: Entry = { seen: {} },
  { state = before, emit = [] }: Reaction<unknown>,
  { fn, work, ports, trace }: Attempt,
): Entry {
  const at = ports.now();
  const time = new Date(at).toISOString();
  const said = stamp(emit, { fn, cause: work.event, time, topics: ports.topics, trace });
  requireSizes(said, ports);
  // No two have the same keys: as a dictionary it costs no hidden class each.
  const known: Record<string, Seen> = Object.create(null);
  for (const [key, one] of Object.entries(seen)) if (one.at > at - KEPT_MS) known[key] = one;
  known[work.eventKey] = { at, digest: work.digest, said };
  return state === undefined || state === null ? { seen: known } : { state, seen: known };
}
