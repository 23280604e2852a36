import { join } from "node:path";
import { build } from "esbuild";
import { until } from "../shop/orders.ts";
import type { Sums } from "../shop/sums.ts";
import { applyObjects, type KubernetesObject, kubectl, list } from "./kubectl.ts";
import { settings } from "./settings.ts";

const NAMESPACE = "loosely-e2e";
const POD = "customer";
/** On the node that holds the volumes. */
const NODE_FOLDER = "/var/tmp/loosely-e2e";
const MOUNT = "/data";
/** After the last order: what killed sidecars have had in hand comes again after 38 s, each time. */
const PATIENCE_SECONDS = "150";
/** Longer than that, once its output has ended. */
const REPORT_MS = 180_000;
const ROOT = join(import.meta.dirname, "../../..");

/** A load that runs. */
export interface Load {
  /** How many orders have been accepted so far. */
  accepted(): Promise<number>;
  readonly report: Promise<LoadReport>;
}

/** What `npm run load` said. */
export interface LoadReport {
  readonly accepted: number;
  /** Requests that got no 202. */
  readonly retried: number;
  readonly lost: number;
  /** In the customer's pod: the ids of the accepted orders. */
  readonly idsFile: string;
}

export interface LoadOptions {
  readonly orders: number;
  /** Orders a second. */
  readonly rate: number;
}

/** A pod beside the shop: places orders where customers do, at the Service, and reads what the services wrote. */
export interface Customer {
  startLoad(url: string, options: LoadOptions): Load;
  /** Of all orders of these loads. */
  sumsOf(url: string, namespace: string, loads: readonly LoadReport[]): Promise<Sums>;
  /** Runs a piece of JavaScript. out: what it printed */
  evaluate(script: string): Promise<string>;
  /** Makes a volume for a claim, empty. */
  provide(claim: ClaimOptions): Promise<void>;
  leave(): Promise<void>;
}

interface ClaimOptions {
  readonly namespace: string;
  readonly claim: string;
}

const folderOf = ({ namespace, claim }: ClaimOptions): string => `${namespace}/${claim}`;
/** Where the services of a namespace write down what they did. */
export const EFFECTS_CLAIM = "effects";
export const EFFECTS_FILE = "effects.jsonl";

export async function createCustomer(): Promise<Customer> {
  const [node] = await list<KubernetesObject>("nodes");
  if (!node) throw new Error("kubernetes: the cluster has no node");
  await kubectl(["delete", "pod", POD, "-n", NAMESPACE, "--ignore-not-found", "--grace-period=0", "--force"]);
  await applyObjects(toObjects(node.metadata.name));
  await kubectl(["wait", "pod", POD, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=180s"]);
  const [loadScript, sumsScript] = await Promise.all([
    bundle("deploy/e2e/shop/load.ts"),
    bundle("deploy/e2e/kubernetes/sums-of.ts"),
  ]);
  let loads = 0;

  const runScript = (script: string, args: readonly string[]) =>
    kubectl(["exec", "-i", "-n", NAMESPACE, POD, "--", "node", "--input-type=module", "-", ...args], { input: script });
  const evaluate = (script: string) => runScript(script, []);

  return {
    evaluate,
    startLoad(url, { orders, rate }) {
      const idsFile = `/tmp/ids-${loads}`;
      const reportFile = `/tmp/report-${loads++}`;
      const args = [
        "--url",
        url,
        "--orders",
        String(orders),
        "--rate",
        String(rate),
        "--patience",
        PATIENCE_SECONDS,
        "--out",
        idsFile,
      ];
      const reported = async () => {
        // It also fails when an order was lost. And a stream of kubectl's may end before what it is a stream of.
        const said = await runScript(keepingOutput(reportFile) + loadScript, args).catch(
          ({ message }: Error) => message,
        );
        let printed = "";
        const isWhole = async () => {
          printed = await evaluate(
            `process.stdout.write(process.getBuiltinModule("node:fs").readFileSync("${reportFile}", "utf8"));`,
          ).catch(() => "");
          return isReport(printed);
        };
        await until(isWhole, { what: `npm run load says its sums: ${said}`, withinMs: REPORT_MS, everyMs: 1_000 });
        return toReport(printed, idsFile);
      };
      const report = reported();
      // Whoever waits for it hears of it; until then it is no unhandled one.
      report.catch(() => {});
      const count = `
        import { existsSync, readFileSync } from "node:fs";
        const text = existsSync("${idsFile}") ? readFileSync("${idsFile}", "utf8") : "";
        process.stdout.write(String(text.split("\\n").length - 1));
      `;
      return { report, accepted: async () => Number(await evaluate(count)) };
    },
    async sumsOf(url, namespace, reports) {
      const log = `${MOUNT}/${folderOf({ namespace, claim: EFFECTS_CLAIM })}/${EFFECTS_FILE}`;
      return JSON.parse(await runScript(sumsScript, [url, log, ...reports.map(({ idsFile }) => idsFile)])) as Sums;
    },
    async provide({ namespace, claim }) {
      const name = `${NAMESPACE}-${namespace}-${claim}`;
      const folder = folderOf({ namespace, claim });
      await kubectl(["delete", "pv", name, "--ignore-not-found"]);
      await evaluate(`
        import { chmodSync, mkdirSync, rmSync } from "node:fs";
        rmSync("${MOUNT}/${folder}", { recursive: true, force: true });
        mkdirSync("${MOUNT}/${folder}", { recursive: true });
        chmodSync("${MOUNT}/${folder}", 0o777);
      `);
      await applyObjects([toVolume({ name, folder, node: node.metadata.name, namespace, claim })]);
    },
    async leave() {
      await kubectl(["delete", "pv", "-l", `app.kubernetes.io/part-of=${NAMESPACE}`]);
      await evaluate(`
        import { readdirSync, rmSync } from "node:fs";
        for (const name of readdirSync("${MOUNT}")) rmSync("${MOUNT}/" + name, { recursive: true });
      `);
      await kubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found"]);
    },
  };
}

/** Before a script: what it prints is in a file as well. */
const keepingOutput = (file: string): string => `
  {
    const write = process.stdout.write.bind(process.stdout);
    process.stdout.write = (text, ...rest) => {
      process.getBuiltinModule("node:fs").appendFileSync("${file}", text);
      return write(text, ...rest);
    };
  }
`;

const sumIn = (printed: string, name: string): number =>
  Number(new RegExp(`^${name} +(\\d+)$`, "m").exec(printed)?.[1] ?? Number.NaN);

/** Of its sums the last. */
const isReport = (printed: string): boolean => !Number.isNaN(sumIn(printed, "lost"));

const toReport = (printed: string, idsFile: string): LoadReport => ({
  accepted: sumIn(printed, "accepted"),
  retried: sumIn(printed, "retried"),
  lost: sumIn(printed, "lost"),
  idsFile,
});

async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, file)],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    write: false,
    // CommonJS packages inside an ES module call require for what Node brings.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire("/");' },
  });
  return outputFiles[0]?.text ?? "";
}

/** It may do on its node what no service may: it makes the folders that volumes are. */
const toObjects = (nodeName: string): readonly object[] => [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: POD, namespace: NAMESPACE },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      hostPID: true,
      automountServiceAccountToken: false,
      containers: [
        {
          name: "node",
          image: settings.images.loosely,
          imagePullPolicy: "IfNotPresent",
          command: ["node", "-e", "setInterval(() => {}, 2 ** 30)"],
          securityContext: { runAsUser: 0 },
          volumeMounts: [{ name: "node", mountPath: MOUNT }],
        },
      ],
      volumes: [{ name: "node", hostPath: { path: NODE_FOLDER, type: "DirectoryOrCreate" } }],
    },
  },
];

interface VolumeOptions extends ClaimOptions {
  readonly name: string;
  readonly folder: string;
  readonly node: string;
}

const toVolume = ({ name, folder, node, namespace, claim }: VolumeOptions): object => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name, labels: { "app.kubernetes.io/part-of": NAMESPACE } },
  spec: {
    capacity: { storage: "10Gi" },
    accessModes: ["ReadWriteOnce", "ReadWriteMany"],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "",
    local: { path: `${NODE_FOLDER}/${folder}` },
    claimRef: { namespace, name: claim },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] }],
      },
    },
  },
});
