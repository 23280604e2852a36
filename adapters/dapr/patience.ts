import type { Clause, FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { eventKey } from "../core/ids.ts";
import { describe } from "../core/outcome.ts";

/** Events in trouble that are remembered; of more, the oldest start anew. */
const MOST_REMEMBERED = 10_000;

interface PatienceOptions {
  /** How long the handler may keep failing on one event. */
  readonly ms: number;
  /** Of a dispatch: what comes later has failed as well. */
  readonly deadlineMs: number;
  readonly now?: () => number;
}

interface Trouble {
  /** ms since the epoch. */
  readonly since: number;
  readonly attempts: number;
  readonly last: string;
}

/**
 * Gives up an event whose handler fails on it for too long: Dead `exhausted`, with the handler's last error. The sidecar
 * itself retries without end, so that no outage of the ledger, the broker or this app ends an event; only here is it known
 * that the handler is to blame. What is remembered ends with the process: then the event gets its time again.
 */
export function withPatience(
  fn: FunctionDefinition,
  { ms, deadlineMs, now = Date.now }: PatienceOptions,
): FunctionDefinition {
  const troubles = new Map<string, Trouble>();

  const watch = ({ event: type, react }: Clause<unknown>): Clause<unknown> => ({
    event: type,
    async react(event, state) {
      const key = eventKey(event);
      const began = now();
      const { since, attempts, last } = troubles.get(key) ?? { since: began, attempts: 0, last: "" };
      troubles.delete(key);
      if (began - since >= ms)
        throw new Dead("exhausted", `handler: failed ${attempts} times in ${Math.round(ms / 1_000)} s, last: ${last}`);
      const remember = (reason: string) => {
        troubles.set(key, { since, attempts: attempts + 1, last: reason });
        if (troubles.size > MOST_REMEMBERED) troubles.delete(troubles.keys().next().value ?? "");
      };
      remember(`no answer within ${deadlineMs} ms`);
      try {
        const reaction = await react(event, state);
        if (now() - began < deadlineMs) troubles.delete(key);
        return reaction;
      } catch (error) {
        if (error instanceof Dead) troubles.delete(key);
        else remember(describe(error));
        throw error;
      }
    },
  });

  return { ...fn, on: new Map([...fn.on].map(([type, clause]) => [type, watch(clause)])) };
}
