import { expect } from "vitest";
import { faultsOf, type Sums } from "../shop/sums.ts";
import {
  type Customer,
  createCustomer,
  EFFECTS_CLAIM,
  type Load,
  type LoadOptions,
  type LoadReport,
} from "./customer.ts";
import { allReady, get, type KubernetesObject, kubectl, list } from "./kubectl.ts";
import { createOverlay, type OverlayOptions, type TestOverlay } from "./overlay.ts";
import { settings } from "./settings.ts";

/** The shop on the cluster, and a customer. */
export interface ClusterShop {
  readonly namespace: string;
  readonly url: string;
  readonly overlay: TestOverlay;
  readonly customer: Customer;
  /** Places orders as `npm run load` does, and waits for what becomes of them. */
  load(options: LoadOptions): Promise<LoadReport>;
  startLoad(options: LoadOptions): Load;
  /** Places orders without a pause until something has happened. */
  loadUntil(happened: Promise<unknown>, options?: LoadOptions): Promise<readonly LoadReport[]>;
  /** Adds up what became of them. throws: an assertion when an order is lost, or an effect that nobody asked for was tried */
  settle(loads: readonly LoadReport[]): Promise<Sums>;
  close(): Promise<void>;
}

/** Applies an overlay, when its namespace has what `before` puts in, and waits until everything in it is ready. */
export async function deployShop(
  { name, ...options }: OverlayOptions,
  before: (namespace: string) => Promise<void> = async () => {},
): Promise<ClusterShop> {
  const overlay = await createOverlay({ name, ...options });
  const { namespace } = overlay;
  const customer = await createCustomer();
  await removeNamespace(namespace);
  await customer.provide({ namespace, claim: EFFECTS_CLAIM });
  if (name === "development" && !(await hasStorageClass()))
    await customer.provide({ namespace, claim: "data-redis-0" });
  await kubectl(["apply", "-f", overlay.namespaceFile]);
  await before(namespace);
  await overlay.apply();
  await kubectl(["-n", namespace, "wait", "--for=condition=Available", "deployment", "--all", "--timeout=5m"]);
  await allReady(namespace);
  const url = `http://order.${namespace}`;
  const startLoad = (load: LoadOptions) => customer.startLoad(url, load);
  return {
    namespace,
    url,
    overlay,
    customer,
    load: (load) => startLoad(load).report,
    startLoad,
    async loadUntil(happened, options = { orders: 15, rate: 3 }) {
      let over = false;
      const end = happened.finally(() => {
        over = true;
      });
      const reports: LoadReport[] = [];
      // Two, since each also waits for its last orders.
      const run = async () => {
        while (!over) reports.push(await startLoad(options).report);
      };
      await Promise.all([end, run(), run()]);
      return reports;
    },
    async settle(loads) {
      expect(loads.map(({ lost }) => lost)).toEqual(loads.map(() => 0));
      const sums = await customer.sumsOf(url, namespace, loads);
      expect(faultsOf(sums)).toEqual([]);
      expect(sums.accepted).toBe(loads.reduce((sum, { accepted }) => sum + accepted, 0));
      return sums;
    },
    async close() {
      if (settings.keep) return;
      await removeNamespace(namespace);
      await customer.leave();
      overlay.forget();
    },
  };
}

/** At once: how pods end in peace is for a test to show. */
async function removeNamespace(name: string): Promise<void> {
  await kubectl(["delete", "deployments,statefulsets,horizontalpodautoscalers", "--all", "-n", name]);
  await kubectl(["delete", "pods", "--all", "-n", name, "--grace-period=0", "--force"]);
  await kubectl(["delete", "namespace", name, "--ignore-not-found", "--timeout=240s"]);
}

async function hasStorageClass(): Promise<boolean> {
  const classes = await list<KubernetesObject>("storageclass");
  return classes.some(
    ({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true",
  );
}

/** A value of a Secret. */
export async function secretOf(namespace: string, name: string, key: string): Promise<string> {
  const { data } = await get<{ readonly data: Readonly<Record<string, string>> }>("secret", name, "-n", namespace);
  return Buffer.from(data[key] ?? "", "base64").toString();
}
