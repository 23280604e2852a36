import { join } from "node:path";
import { daprd } from "../../engines/daprd.ts";
import type { Engine } from "../../engines/engine.ts";
import { redis } from "../../engines/redis.ts";
import { startZipkin, zipkin } from "../../engines/zipkin.ts";
import { startOtlpReceiver } from "./otlp-receiver.ts";
import type { Span } from "./spans.ts";

interface Collecting {
  spansOf(traceId: string): Promise<readonly Span[]>;
  stop(): Promise<void>;
}

/** Something that sidecars can send their spans to. */
interface Collector {
  readonly name: string;
  readonly kind: "zipkin" | "otlp";
  readonly engines: readonly Engine[];
  start(options: { readonly port: number; readonly into: string }): Promise<Collecting>;
}

export const collectors: readonly Collector[] = [
  {
    name: "Zipkin",
    kind: "zipkin",
    engines: [daprd, redis, zipkin],
    async start({ port, into }) {
      const { stop } = await startZipkin({ port, logFile: join(into, "zipkin.log") });
      return {
        stop,
        async spansOf(traceId) {
          const answer = await fetch(`http://127.0.0.1:${port}/api/v2/trace/${traceId}`);
          return answer.ok ? ((await answer.json()) as Span[]) : [];
        },
      };
    },
  },
  {
    name: "a collector that speaks OTLP",
    kind: "otlp",
    engines: [daprd, redis],
    async start({ port }) {
      const { spansOf, stop } = await startOtlpReceiver({ port });
      return { stop, spansOf: async (traceId) => spansOf(traceId) };
    },
  },
];
