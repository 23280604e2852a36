import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";
import { createRuntimeApi, type Invoke } from "./runtime-api.ts";

const VERSION = "4.0.2";
const FOLDER = join(CACHE, `lambda-ric-${VERSION}`);
const PACKAGE = join(FOLDER, "node_modules/aws-lambda-ric");
const NODE = process.execPath;

/** AWS's own runtime interface client. It compiles: it needs cmake, make, g++, python3 and xz-utils from Debian. */
export const lambdaRic: Engine = {
  name: "lambda-ric",
  missing: () =>
    existsSync(join(PACKAGE, "rapid-client.node"))
      ? undefined
      : "aws-lambda-ric is not installed: npm run engines -- --only lambda-ric",
  async install(say) {
    if (lambdaRic.missing() === undefined) return;
    say("lambda-ric: compiling aws-lambda-ric (a minute)");
    mkdirSync(FOLDER, { recursive: true });
    // Node comes with its headers, so that none have to be fetched.
    const env = { npm_config_nodedir: join(dirname(NODE), "..") };
    await run(
      ["npm", "install", "--prefix", FOLDER, "--no-save", "--foreground-scripts", `aws-lambda-ric@${VERSION}`],
      {
        env,
      },
    );
  },
};

interface LambdaOptions {
  readonly name: string;
  /** The zip as it would be uploaded, or a folder of what is in one. */
  readonly code: string;
  /** Default `index.handler`. */
  readonly handler?: string;
  readonly env: Readonly<Record<string, string>>;
  /** The function's timeout. */
  readonly timeoutMs: number;
  readonly folder: string;
}

/** One execution environment of a function: it takes one invocation at a time, as Lambda's do. */
export interface LambdaProcess extends Running {
  /** throws: InvocationError when the function throws, ends, or takes longer than its timeout. */
  readonly invoke: Invoke;
}

/** Unpacks a function and starts it under the real runtime client. */
export async function startLambda({
  name,
  code,
  handler = "index.handler",
  env,
  timeoutMs,
  folder,
}: LambdaOptions): Promise<LambdaProcess> {
  mkdirSync(folder, { recursive: true });
  const task = code.endsWith(".zip") ? await unzip(code, mkdtempSync(join(folder, `${name}-`))) : code;
  const api = await createRuntimeApi({ name, timeoutMs });
  const logFile = join(folder, `${name}.log`);
  const running = await startProcess({
    command: NODE,
    args: [join(PACKAGE, "index.mjs"), handler],
    cwd: task,
    env: {
      ...env,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: "1",
      LAMBDA_TASK_ROOT: task,
      _HANDLER: handler,
    },
    logFile,
    ready: async () => {
      if (api.initError() !== undefined) throw new Error(api.initError());
      return api.isPolled();
    },
  }).catch(async (error) => {
    const why = api.initError();
    await api.close();
    throw why === undefined ? error : new Error(why);
  });
  const watcher = watch(running, api.fail);
  let ended: Promise<void> | undefined;
  // A process that is frozen between invocations has nothing to end gracefully.
  const end = async () => {
    clearInterval(watcher);
    await running.kill();
    api.fail("the process was killed");
    await api.close();
  };
  const endOnce = () => (ended ??= end());
  return { ...running, invoke: api.invoke, stop: endOnce, kill: endOnce };
}

/** out: into, where the files are now */
export async function unzip(zip: string, into: string): Promise<string> {
  await run(["python3", "-m", "zipfile", "-e", zip, into]);
  return into;
}

/** Lambda sees at once when a process is gone. */
function watch({ pid, logFile }: Running, fail: (why: string) => void): NodeJS.Timeout {
  const timer = setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch {
      clearInterval(timer);
      fail(`the process ended:\n${readFileSync(logFile, "utf8").slice(-1_000)}`);
    }
  }, 20);
  timer.unref();
  return timer;
}
