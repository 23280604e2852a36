import { Counter, collectDefaultMetrics, Registry } from "prom-client";
import { type Address, serveMetrics } from "../metrics-server.ts";
import type { Letter } from "./letter.ts";

/** Counts the letters that come, and what the process uses. */
export function createKeeperMetrics(name: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ function: name });
  collectDefaultMetrics({ register: registry });
  const kept = new Counter({
    name: "loosely_letters_kept_total",
    help: "Dead letters that the keeper has taken, whoever wrote them.",
    registers: [registry],
  });
  return {
    // Without labels: whoever writes to the topic decides over what a letter says.
    onKept: (_letter: Letter) => kept.inc(),
    serve: (address: Address) => serveMetrics(registry, address),
  };
}
