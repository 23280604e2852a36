import { spawn } from "node:child_process";
import { until } from "../shop/orders.ts";

interface CallOptions {
  /** For its standard input. */
  readonly input?: string;
  /** Each piece of what it prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** Runs kubectl against the cluster that KUBECONFIG names. out: what it printed. throws: with what it complained of */
export function kubectl(args: readonly string[], { input, onOutput }: CallOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("kubectl", args, { stdio: ["pipe", "pipe", "pipe"] });
    let printed = "";
    let complaints = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk;
      onOutput?.(String(chunk));
    });
    child.stderr.on("data", (chunk: Buffer) => {
      complaints += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`kubectl ${args.join(" ")}: exit code ${code}\n${printed.slice(-2_000)}${complaints}`));
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
  });
}

/** What all objects have. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
}

export interface PodObject extends KubernetesObject {
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
    }[];
  };
}

/** out: what `kubectl get` finds, parsed */
export async function get<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(["get", ...args, "-o", "json"])) as T;
}

/** out: of a kind, in a namespace */
export async function list<T extends KubernetesObject>(...args: readonly string[]): Promise<readonly T[]> {
  return (await get<{ readonly items: readonly T[] }>(...args)).items;
}

/** Applies objects as they are given. */
export const applyObjects = (objects: readonly object[]): Promise<string> =>
  kubectl(["apply", "-f", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) });

/** Pods of an app that are not on their way out. */
export async function podsOf(namespace: string, app: string): Promise<readonly PodObject[]> {
  const pods = await list<PodObject>("pods", "-n", namespace, "-l", `dapr.io/app-id=${app}`);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export const isReady = ({ metadata, status }: PodObject): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.containerStatuses ?? []).length > 0 &&
  (status.containerStatuses ?? []).every(({ ready }) => ready);

/** Waits until every pod of a namespace is ready, and none is on its way out. throws: with those that are not */
export async function allReady(namespace: string, withinMs = 300_000): Promise<void> {
  let waiting: readonly string[] = [];
  const look = async () => {
    const pods = await list<PodObject>("pods", "-n", namespace);
    waiting = pods.filter((pod) => !isReady(pod)).map(({ metadata, status }) => `${metadata.name} ${status.phase}`);
    return pods.length > 0 && waiting.length === 0;
  };
  await until(look, { what: `all pods of ${namespace} are ready`, withinMs, everyMs: 1_000 }).catch((error: Error) => {
    throw new Error(`${error.message}: ${waiting.join(", ")}`);
  });
}

/** Waits until what was changed of a Deployment or StatefulSet is all that runs. */
export const rolledOut = (namespace: string, name: string, seconds = 300): Promise<string> =>
  kubectl(["rollout", "status", name, "-n", namespace, `--timeout=${seconds}s`]);
