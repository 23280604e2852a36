import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Dead } from "../../functions/kernel/outcome.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { leaveToRelay } from "./leave-to-relay.ts";
import { type Outcome, toLine } from "./outcome.ts";
import type { Origin, Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";

export interface BuryOptions {
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly origin: Origin;
  readonly remains: Remains;
  /** Of an event that is saved, and cannot be said. */
  readonly unsaid: Work | undefined;
  readonly signal: AbortSignal;
}

/**
 * Ends an event, once its dead letter is stored, and what it has saved is left to whoever says it.
 *
 * throws  when either fails: then it comes again
 */
export async function bury(dead: Dead, options: BuryOptions): Promise<Outcome> {
  const { fn, ports, origin, remains, unsaid, signal } = options;
  signal.throwIfAborted();
  if (unsaid && ports.isRelayed) await leaveToRelay({ fn, work: unsaid, ports, signal });
  const letter = toDeadLetter(remains, {
    dead,
    functionName: fn.name,
    topic: origin.topic,
    time: new Date(ports.now()).toISOString(),
    maxEventBytes: ports.maxEventBytes,
  });
  const store = ports.deadLetter ?? ((said, rest) => ports.publish([said], rest));
  await store(letter, { signal });
  return { kind: "dead", code: dead.code, reason: toLine(dead.message) };
}
