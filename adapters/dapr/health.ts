import type { Observation } from "../core/ports.ts";

const FAILURES = 5;

interface Health {
  observe(observation: Observation): void;
  /** out: whether more events should come. */
  check(): Promise<boolean>;
}

/**
 * Well until the ledger or publishing has failed several times on end; then well again as soon as a probe says so. While
 * it is not, the sidecar leaves events with the broker instead of sending them to their death.
 */
export function createHealth(probe: () => Promise<unknown>): Health {
  let failures = 0;
  return {
    observe({ outcome }) {
      const failed = outcome.kind === "retry" && ["ledger", "publish", "dead-letter"].includes(outcome.code);
      if (failed) failures++;
      else if (outcome.kind === "ack" && outcome.how !== "ignored") failures = 0;
    },
    async check() {
      if (failures < FAILURES) return true;
      try {
        await probe();
        failures = 0;
        return true;
      } catch {
        return false;
      }
    },
  };
}
