import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { runService } from "../../../adapters/dapr/service.ts";
import { COUNTER, Counted, createCounting, type Line } from "./counting.ts";

const tried = new Set<string>();

await runService(COUNTER, () => ({
  home: { source: "/test", ledgerPrefix: "" },
  eventTypes: [Counted.type],
  edges: [],
  source: createCounting,
  effects: ({ EFFECTS_LOG = "" }) => ({
    async count({ document, n, failsUntil, takesMs }, before) {
      const key = `${document} ${n}`;
      const isFirst = !tried.has(key);
      tried.add(key);
      if (failsUntil !== undefined && (isFirst || Date.now() < failsUntil))
        throw new Error("the count failed on purpose");
      if (takesMs !== undefined && isFirst) await setTimeout(takesMs);
      const line: Line = { pid: process.pid, document, n, ...before };
      appendFileSync(EFFECTS_LOG, `${JSON.stringify(line)}\n`);
    },
  }),
}));
