import { existsSync } from "node:fs";
import { join } from "node:path";
import { createGate } from "./ask.ts";
import { CACHE, type Engine, type Running, startProcess } from "./engine.ts";
import { copyFromMaven, missingJava } from "./maven.ts";

const FOLDER = join(CACHE, "zipkin-3.5.1");

export const zipkin: Engine = {
  name: "zipkin",
  missing: () =>
    existsSync(FOLDER) ? missingJava("zipkin") : "zipkin: not installed, run npm run engines -- --only zipkin",
  async install(say) {
    if (existsSync(FOLDER)) return;
    say("downloading Zipkin");
    await copyFromMaven({ goal: "dependency:copy@zipkin", into: FOLDER });
  },
};

interface ZipkinOptions {
  readonly port: number;
  readonly logFile: string;
}

/** Starts Zipkin, which keeps its spans in memory. */
export const startZipkin = ({ port, logFile }: ZipkinOptions): Promise<Running> =>
  startProcess({
    command: "java",
    args: ["-Xmx512m", `-Darmeria.address=127.0.0.1`, "-jar", join(FOLDER, "zipkin-server-exec.jar")],
    env: { QUERY_PORT: String(port), SERVER_ADDRESS: "127.0.0.1" },
    logFile,
    ready: createGate(`http://127.0.0.1:${port}/health`),
  });
