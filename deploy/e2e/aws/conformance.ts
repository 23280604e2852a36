import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Fault } from "../../../adapters/conformance/faults.ts";
import { TOPIC } from "../../../adapters/conformance/handlers.ts";
import type { Host, Running, Setup } from "../../../adapters/conformance/host.ts";
import type { TraceEntry } from "../../../adapters/conformance/trace.ts";
import type { TriggerForm } from "../../../adapters/lambda/conformance.ts";
import { MAX_EVENT_BYTES } from "../../../adapters/lambda/receive.ts";
import { buildLambda } from "../../aws/build.ts";
import { type AwsApi, createAwsApi } from "../../engines/aws-api.ts";
import { type LambdaProcess, startLambda } from "../../engines/lambda-ric.ts";
import { LEDGER_TABLE } from "../../engines/ledger-table.ts";
import { ACCOUNT, awsEnvironment, REGION } from "../../engines/moto.ts";
import type { Control } from "./conformance-function.ts";

const MOST_PROCESSES = 6;
const ENTRY = `export { handler } from "./deploy/e2e/aws/conformance-function.ts";`;

interface Site {
  readonly url: string;
  readonly folder: string;
}

/** Hosts that run each case in the built zip under the real runtime client, on the ledger and the topics of an AWS. */
export async function createLambdaHosts(forms: readonly TriggerForm[], { url, folder }: Site) {
  mkdirSync(folder, { recursive: true });
  await buildLambda(folder, { entries: { conformance: ENTRY } });
  const api = createAwsApi(url);
  const controlFile = join(folder, "control.json");
  const pool = createPool(() =>
    startLambda({
      name: "conformance",
      code: join(folder, "conformance.zip"),
      env: {
        ...awsEnvironment(url),
        CONTROL_FILE: controlFile,
        LEDGER_TABLE: "each-case-has-its-own",
        TOPIC_ARN_PREFIX: `arn:aws:sns:${REGION}:${ACCOUNT}:`,
      },
      timeoutMs: 30_000,
      folder,
    }),
  );
  const start = async (setup: Setup, form: TriggerForm): Promise<Running> => {
    const id = randomUUID();
    const traceFile = join(folder, `${id}.jsonl`);
    await createStores(api, { table: id, topics: ["followed", "dead-letters", TOPIC, ...(setup.topics ?? [])] });
    let control: Control = { generation: id, setup, table: id, traceFile, jumpedMs: 0 };
    const write = (next: Control) => {
      control = next;
      writeFileSync(controlFile, JSON.stringify(control));
    };
    write(control);
    return {
      deliver: (message) => form.judge(pool.use((process) => process.invoke(form.wrap(message)))),
      async restart(faults: readonly Fault[]) {
        await pool.killAll();
        write({ ...control, generation: randomUUID(), setup: { ...setup, faults } });
      },
      advance: (ms) => write({ ...control, jumpedMs: control.jumpedMs + ms }),
      trace: () => readTrace(traceFile),
      stop: async () => {},
    };
  };
  const hosts = forms.map(
    (form): Host => ({
      name: `Lambda zip, ${form.name}`,
      lacks: form.lacks,
      maxEventBytes: MAX_EVENT_BYTES,
      start: (setup) => start(setup, form),
    }),
  );
  return { hosts, close: () => pool.killAll() };
}

async function createStores(
  api: AwsApi,
  { table, topics }: { readonly table: string; readonly topics: readonly string[] },
): Promise<void> {
  for (const Name of topics) await api.form("sns", { Action: "CreateTopic", Version: "2010-03-31", Name });
  await api.json("DynamoDB_20120810.CreateTable", { ...LEDGER_TABLE, TableName: table });
}

const readTrace = (file: string): readonly TraceEntry[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];

/** Lambda's own scaling: an invocation gets an idle process, else a new one. */
function createPool(begin: () => Promise<LambdaProcess>) {
  const idle: LambdaProcess[] = [];
  const all = new Set<LambdaProcess>();
  const waiting: (() => void)[] = [];
  let count = 0;

  const take = async (): Promise<LambdaProcess> => {
    const free = idle.pop();
    if (free) return free;
    if (count >= MOST_PROCESSES) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return take();
    }
    count++;
    const process = await begin();
    all.add(process);
    return process;
  };
  return {
    async use<T>(work: (process: LambdaProcess) => Promise<T>): Promise<T> {
      const process = await take();
      try {
        return await work(process);
      } finally {
        if (all.has(process)) idle.push(process);
        waiting.shift()?.();
      }
    },
    async killAll() {
      const processes = [...all];
      all.clear();
      idle.length = 0;
      count = 0;
      await Promise.all(processes.map((process) => process.kill()));
    },
  };
}
