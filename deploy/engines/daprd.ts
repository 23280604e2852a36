import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createGate } from "./ask.ts";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";

export const VERSION = "1.14.0";
const FOLDER = join(CACHE, `daprd-${VERSION}`);
const PROGRAM = join(FOLDER, "daprd");

/** Built from source: the Go module beside this file only names the tool and pins what it is made of. */
export const daprd: Engine = {
  name: "daprd",
  missing: () => (existsSync(PROGRAM) ? undefined : "daprd: not built, run npm run engines -- --only daprd"),
  async install(say) {
    if (existsSync(PROGRAM)) return;
    mkdirSync(FOLDER, { recursive: true });
    say(`building daprd ${VERSION}: takes some minutes`);
    const partial = `${PROGRAM}.partial`;
    await run(
      [
        "go",
        "build",
        "-o",
        partial,
        "-tags",
        "stablecomponents",
        "-ldflags",
        `-s -w -X github.com/dapr/dapr/pkg/buildinfo.version=${VERSION}`,
        "github.com/dapr/dapr/cmd/daprd",
      ],
      { cwd: join(import.meta.dirname, "daprd") },
    );
    renameSync(partial, PROGRAM);
  },
};

interface DaprdOptions {
  readonly appId: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly internalGrpcPort: number;
  /** Left out: a sidecar without an app, to publish and to keep state only. */
  readonly appPort?: number;
  /** Default 127.0.0.1. */
  readonly appAddress?: string;
  /** Folders of YAML files. */
  readonly resources: readonly string[];
  readonly config?: string;
  readonly logFile: string;
  readonly appToken?: string;
  readonly apiToken?: string;
  /** Further flags, such as how many deliveries may run at once. */
  readonly flags?: readonly string[];
}

/** Starts a sidecar. Ready: its API answers; its subscriptions begin when the app listens. */
export function startDaprd(options: DaprdOptions): Promise<Running> {
  const { appId, httpPort, grpcPort, internalGrpcPort, appPort, resources, config, logFile, flags = [] } = options;
  const { appAddress = "127.0.0.1" } = options;
  const args = [
    `--app-id=${appId}`,
    `--dapr-http-port=${httpPort}`,
    `--dapr-grpc-port=${grpcPort}`,
    `--dapr-internal-grpc-port=${internalGrpcPort}`,
    "--dapr-listen-addresses=127.0.0.1",
    "--enable-metrics=false",
    "--log-level=info",
    ...(appPort === undefined ? [] : [`--app-port=${appPort}`, `--app-channel-address=${appAddress}`]),
    ...resources.map((folder) => `--resources-path=${folder}`),
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...flags,
  ];
  return startProcess({
    command: PROGRAM,
    args,
    env: {
      ...(options.appToken === undefined ? {} : { APP_API_TOKEN: options.appToken }),
      ...(options.apiToken === undefined ? {} : { DAPR_API_TOKEN: options.apiToken }),
    },
    logFile,
    ready: createGate(`http://127.0.0.1:${httpPort}/v1.0/healthz/outbound`),
  });
}
