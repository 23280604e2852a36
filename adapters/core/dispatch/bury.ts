import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Dead } from "../../../functions/kernel/outcome.ts";
import { leaveToRelay } from "../relay/leave-to-relay.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { type Outcome, toLine } from "./outcome.ts";
import type { Origin, Ports } from "./ports.ts";
import type { Work } from "./prepare.ts";

export interface BuryOptions {
  readonly fn: FunctionDefinition;
  readonly ports: Ports;
  readonly origin: Origin;
  readonly remains: Remains;
  /** Of an event. */
  readonly work: Work | undefined;
  /** It is saved, and cannot be said. */
  readonly isUnsaid: boolean;
  readonly signal: AbortSignal;
}

/**
 * Ends an event, once its dead letter is stored, and what it has saved is left to whoever says it.
 *
 * throws  when either fails: then it comes again
 */
export async function bury(dead: Dead, options: BuryOptions): Promise<Outcome> {
  const { fn, ports, origin, remains, work, isUnsaid, signal } = options;
  signal.throwIfAborted();
  if (work && isUnsaid && ports.isRelayed) await leaveToRelay({ fn, work, ports, signal });
  const letter = toDeadLetter(remains, {
    dead,
    functionName: fn.name,
    topic: origin.topic,
    time: new Date(ports.now()).toISOString(),
    maxEventBytes: ports.maxEventBytes,
    letterSecret: ports.letterSecret,
  });
  const store = ports.deadLetter ?? ((said, rest) => ports.publish([said], rest));
  await store(letter, { signal });
  if (work) await ports.parking?.leaveTurn({ fn, work, ports, signal });
  return { kind: "dead", code: dead.code, reason: toLine(dead.message) };
}
