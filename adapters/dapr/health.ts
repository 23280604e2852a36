import type { Observation } from "../core/dispatch/ports.ts";

const FAILURES = 5;
/** Several probes of the local sidecar long. */
const PAUSE_MS = 10_000;

interface Health {
  observe(observation: Observation): void;
  /** out: whether more events should come. */
  check(): Promise<boolean>;
}

/**
 * Well until the ledger or publishing has failed several times on end. Then it pauses, so that whoever goes by it (the local
 * sidecar; no daprd as we ship it, and no probe of Kubernetes) leaves events with the broker, and is well again on trial: the
 * ledger can be probed, but whether publishing works again only the next event can show. One more failure, and it pauses again.
 */
export function createHealth(probe: () => Promise<unknown>, { now = Date.now } = {}): Health {
  let failures = 0;
  let failedAt = 0;
  return {
    observe({ outcome }) {
      const failed = outcome.kind === "retry" && ["ledger", "publish", "dead-letter"].includes(outcome.code);
      if (failed) {
        failures++;
        failedAt = now();
      } else if (outcome.kind === "ack" && (outcome.how === "handled" || outcome.how === "duplicate")) failures = 0;
    },
    async check() {
      if (failures < FAILURES) return true;
      if (now() - failedAt < PAUSE_MS) return false;
      try {
        await probe();
        failures = FAILURES - 1;
        return true;
      } catch {
        failedAt = now();
        return false;
      }
    },
  };
}
