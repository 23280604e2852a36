import { readFileSync } from "node:fs";
import { brokers } from "../e2e/dapr/brokers.ts";
import { SERVICES, type Shop, startShop } from "../e2e/dapr/shop.ts";
import { followOrders, placeOrders } from "../e2e/shop/orders.ts";
import { freshFolder } from "../e2e/tools/output.ts";
import { daprd } from "../engines/daprd.ts";
import { redis } from "../engines/redis.ts";
import { BULK } from "../generate/bulk.ts";
import { cpuMs } from "./cpu.ts";
import { requireEngines } from "./missing.ts";
import type { Section } from "./section.ts";

const ORDERS = 500;
const WARM_UP = 100;

interface Run {
  readonly ordersPerSecond: number;
  readonly eventsPerSecond: Readonly<Record<string, number>>;
  /** ms an order. */
  readonly appCpu: number;
  readonly sidecarCpu: number;
}

/** The whole shop on a real daprd and Redis, with bulk subscriptions as they ship and with single ones. */
export async function measureDaprd(): Promise<Section> {
  requireEngines("throughput", [daprd, redis]);
  const single = await measure("single");
  const bulk = await measure("bulk");
  const row = (name: string, { ordersPerSecond, eventsPerSecond, appCpu, sidecarCpu }: Run) => [
    ...[name, round(ordersPerSecond), ...SERVICES.map((each) => round(eventsPerSecond[each] ?? 0))],
    ...[appCpu.toFixed(1), sidecarCpu.toFixed(1)],
  ];
  return {
    title: `${ORDERS} orders through daprd and Redis`,
    head: [
      ...["subscriptions", "orders/s", ...SERVICES.map((name) => `${name} events/s`)],
      ...["app CPU ms/order", "sidecar CPU ms/order"],
    ],
    rows: [row("single", single), row(`bulks of ${BULK.maxMessagesCount}`, bulk)],
    bars: [],
  };
}

async function measure(name: "single" | "bulk"): Promise<Run> {
  const shop = await startShop({
    ...{ kind: brokers.redis, dir: freshFolder(`throughput-${name}`), direct: true },
    env: { DISPATCH_TIMEOUT_MS: "10000" },
    single: name === "single",
  });
  try {
    await run(shop, WARM_UP);
    const before = usage(shop);
    const started = performance.now();
    await run(shop, ORDERS);
    const seconds = (performance.now() - started) / 1_000;
    const after = usage(shop);
    return {
      ordersPerSecond: ORDERS / seconds,
      eventsPerSecond: Object.fromEntries(
        SERVICES.map((each) => [each, (after.events[each] - before.events[each]) / seconds]),
      ),
      appCpu: (after.app - before.app) / ORDERS,
      sidecarCpu: (after.sidecar - before.sidecar) / ORDERS,
    };
  } finally {
    await shop.stop();
  }
}

async function run(shop: Shop, orders: number): Promise<void> {
  const placing = placeOrders(shop.url, orders, { everyMs: 0 });
  await placing.done;
  await followOrders(shop.url, placing.accepted.keys());
}

function usage({ pods }: Shop) {
  const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0);
  const count = (name: (typeof SERVICES)[number]) =>
    readFileSync(pods[name].logFile, "utf8").split('"msg":"event"').length - 1;
  return {
    app: sum(SERVICES.map((name) => cpuMs(pods[name].service().pid))),
    sidecar: sum(SERVICES.map((name) => cpuMs(pods[name].sidecar().pid))),
    events: Object.fromEntries(SERVICES.map((name) => [name, count(name)])) as Record<
      (typeof SERVICES)[number],
      number
    >,
  };
}

const round = (value: number): string => String(Math.round(value));
