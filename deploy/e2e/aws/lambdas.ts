import { join } from "node:path";
import { type AwsApi, createAwsApi } from "../../engines/aws-api.ts";
import { type EventSourceMapping, type MappingSettings, startMapping } from "../../engines/event-source-mapping.ts";
import { type LambdaProcess, startLambda } from "../../engines/lambda-ric.ts";
import { awsEnvironment } from "../../engines/moto.ts";
import { InvocationError, type Invoke } from "../../engines/runtime-api.ts";

interface LambdasOptions {
  /** The AWS that knows the functions and their mappings. */
  readonly url: string;
  /** Where the zips are. */
  readonly dist: string;
  readonly folder: string;
  /** What functions are told besides what AWS knows. */
  readonly env?: Readonly<Record<string, string>>;
}

interface FunctionSettings {
  readonly FunctionName: string;
  readonly Handler: string;
  readonly Timeout: number;
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
}

interface Running {
  process: LambdaProcess;
  next: Promise<LambdaProcess> | undefined;
  mapping: EventSourceMapping | undefined;
  readonly settings: FunctionSettings;
  env: Readonly<Record<string, string>>;
}

/** The part of Lambda that runs functions: what was uploaded, under the real runtime, fed by its mappings. */
export interface Lambdas {
  readonly api: AwsApi;
  /** As they were uploaded. */
  readonly mappings: readonly MappingSettings[];
  /** in: the name in AWS. Begins a new process when the last one has ended. */
  invoke(name: string, event: unknown): Promise<unknown>;
  receipts(name: string): EventSourceMapping["receipts"];
  /** Takes no more from its queue. */
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** SIGKILL in whatever it does; the next invocation begins a new process. */
  kill(name: string): Promise<void>;
  /** From its next process on, which begins now. */
  setEnvironment(name: string, env: Readonly<Record<string, string>>): Promise<void>;
  queueUrl(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** in  prefix: of the functions that are run */
export async function startLambdas({ url, dist, folder, env = {} }: LambdasOptions, prefix: string): Promise<Lambdas> {
  const api = createAwsApi(url);
  const { Functions: functions } = (await api.rest("lambda", "/2015-03-31/functions/")) as {
    Functions: FunctionSettings[];
  };
  const { EventSourceMappings: mappings } = (await api.rest("lambda", "/2015-03-31/event-source-mappings/")) as {
    EventSourceMappings: MappingSettings[];
  };
  // moto has a poller of its own, which cannot run functions and wears messages out until they are redriven.
  for (const { UUID } of mappings)
    await api.rest("lambda", `/2015-03-31/event-source-mappings/${UUID}`, { method: "PUT", body: '{"Enabled":false}' });
  const all = new Map<string, Running>();
  const of = (name: string) => {
    const running = all.get(name);
    if (!running) throw new Error(`AWS knows no function ${name}`);
    return running;
  };

  const begin = ({ FunctionName: name, Handler, Timeout, Environment }: FunctionSettings, more = env) =>
    startLambda({
      name,
      code: join(dist, `${name.slice(prefix.length)}.zip`),
      handler: Handler,
      env: { ...Environment?.Variables, ...awsEnvironment(url), ...more },
      timeoutMs: Timeout * 1_000,
      folder,
    });

  /** Once for all that saw the same process end. */
  const renew = async (running: Running, ended: LambdaProcess) => {
    await ended.kill();
    if (running.process === ended) {
      running.next ??= begin(running.settings, running.env);
      running.process = await running.next;
      running.next = undefined;
    }
  };

  const invokeOf =
    (name: string): Invoke =>
    (event) => {
      const { process } = of(name);
      return process.invoke(event).catch(async (error) => {
        // A function's own error leaves its process alive; Lambda ends one that is late.
        if (error instanceof InvocationError && !error.message.startsWith("{")) await renew(of(name), process);
        throw error;
      });
    };

  const queueUrl = async (name: string) =>
    String((await api.json("AmazonSQS.GetQueueUrl", { QueueName: name })).QueueUrl);

  const map = async (name: string) => {
    const settings = mappings.find(({ FunctionArn }) => FunctionArn.endsWith(`:${name}`));
    const queue = settings?.EventSourceArn.split(":").at(-1);
    return settings && queue
      ? startMapping({ api, settings, queueUrl: await queueUrl(queue), invoke: invokeOf(name) })
      : undefined;
  };

  for (const settings of functions.filter(({ FunctionName }) => FunctionName.startsWith(prefix)))
    all.set(settings.FunctionName, {
      settings,
      env,
      process: await begin(settings),
      next: undefined,
      mapping: undefined,
    });
  const earlier = new Map<string, EventSourceMapping["receipts"]>();
  for (const [name, running] of all) running.mapping = await map(name);

  const receiptsOf = (name: string) => [...(earlier.get(name) ?? []), ...(of(name).mapping?.receipts ?? [])];

  return {
    api,
    mappings,
    queueUrl,
    invoke: (name, event) => invokeOf(name)(event),
    receipts: receiptsOf,
    async pause(name) {
      await of(name).mapping?.stop();
      earlier.set(name, receiptsOf(name));
      of(name).mapping = undefined;
    },
    async resume(name) {
      of(name).mapping = await map(name);
    },
    kill: (name) => of(name).process.kill(),
    async setEnvironment(name, env) {
      const running = of(name);
      running.env = env;
      await renew(running, running.process);
    },
    async stop() {
      await Promise.all([...all.values()].map(({ mapping }) => mapping?.stop()));
      await Promise.all([...all.values()].map(({ process }) => process.stop()));
    },
  };
}
