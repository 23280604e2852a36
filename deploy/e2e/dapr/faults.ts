import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pause, placeOne, until } from "../shop/orders.ts";
import type { Call, Fault } from "../tools/fault-proxy.ts";
import { publishAgain, saidIn } from "./publish.ts";
import { type Pod, podPorts, type ServiceName, type Shop, type StartOptions, startPod } from "./shop.ts";

/** What a scenario does: when a third of the orders is accepted, and when all have ended. */
interface Course {
  midway?(): Promise<void>;
  after?(): Promise<void>;
}

/** Something that goes wrong while orders flow. */
export interface Scenario {
  /** Follows "loses nothing and mails nothing twice when …". */
  readonly name: string;
  /** A process dies or times out between sending a mail and saving that it did: this mail may come again. */
  readonly mailsMayRepeat?: boolean;
  begin(shop: Shop): Promise<Course>;
}

const isLoad = ({ method, path }: Call) => path.startsWith("state/") && (method === "GET" || path.endsWith("/bulk"));
const isSave = (call: Call) =>
  call.method === "POST" && call.path.startsWith("state/") && !isLoad(call) && !call.body.includes('"lease"');
const isPublish = ({ path }: Call) => path.startsWith("publish/");

interface Death extends Omit<Scenario, "begin"> {
  readonly service: ServiceName;
  readonly at: (call: Call) => boolean;
  readonly fault: Fault;
}

const DEATHS = 3;
const EACH = 15;

/** How many events a call is about, as far as that can be told. */
const countIn = ({ body }: Call): number => {
  if (!/^[{[]/.test(body)) return 1;
  const asked = JSON.parse(body);
  return Array.isArray(asked) ? asked.length : (asked.keys?.length ?? 1);
};

/**
 * One of the steps load, effect, save, publish, answer is the last that a service does, three times within the orders. What
 * else it has in hand dies with it, at any step.
 */
const dies = ({ service, at, fault, ...scenario }: Death): Scenario => ({
  ...scenario,
  async begin({ pods }) {
    const pod = pods[service];
    const before = pod.deaths();
    let seen = 0;
    pod.proxy.plan((call) => {
      if (!at(call) || pod.deaths() - before >= DEATHS) return undefined;
      const last = seen;
      seen += countIn(call);
      return Math.floor(seen / EACH) > Math.floor(last / EACH) ? fault : undefined;
    });
    return {
      async after() {
        await until(() => pod.deaths() - before === DEATHS, { what: `${service} has died ${DEATHS} times` });
        pod.proxy.plan();
      },
    };
  },
});

interface Breaking extends Omit<Scenario, "begin"> {
  readonly services: readonly ServiceName[];
  /** For break-effects.mjs. */
  readonly how: string;
}

/** in  how: for break-effects.mjs, which is loaded before a service */
export const broken = (how: string) => ({
  nodeArgs: ["--import", join(import.meta.dirname, "../shop/break-effects.mjs")],
  env: { BREAK_EFFECTS: how },
});

/** Services whose effects are broken. */
const breaks = ({ services, how, ...scenario }: Breaking): Scenario => ({
  ...scenario,
  async begin({ pods }) {
    const again = async (options: StartOptions) => {
      const restart = async (pod: Pod) => {
        await pod.service().stop();
        await pod.startService(options);
      };
      await Promise.all(services.map((name) => restart(pods[name])));
    };
    await again(broken(how));
    return { after: () => again({}) };
  },
});

/** Longer than a handler may fail, and than a delivery may run. */
const LONG_OUTAGE_MS = 15_000;

export const scenarios: readonly Scenario[] = [
  { name: "nothing goes wrong", begin: async () => ({}) },
  dies({ name: "order is killed before it handles", service: "order", at: isLoad, fault: "die-before" }),
  dies({
    name: "billing is killed between its effect and saving it",
    service: "billing",
    at: isSave,
    fault: "die-before",
  }),
  dies({
    name: "notification is killed between its effect and saving it",
    service: "notification",
    at: isSave,
    fault: "die-before",
    mailsMayRepeat: true,
  }),
  dies({ name: "order is killed between saving and publishing", service: "order", at: isPublish, fault: "die-before" }),
  dies({
    name: "billing is killed between publishing and answering",
    service: "billing",
    at: isPublish,
    fault: "die-after",
  }),
  {
    name: "the sidecar of billing is killed",
    begin: async ({ pods: { billing } }) => ({
      async midway() {
        await billing.sidecar().kill();
        await billing.startSidecar();
      },
    }),
  },
  {
    name: "billing is down for longer than a few deliveries",
    begin: async ({ pods: { billing } }) => ({
      async midway() {
        await billing.service().kill();
        await pause(6_000);
        await billing.startService();
      },
    }),
  },
  {
    name: "the state store is down for longer than deliveries are retried",
    mailsMayRepeat: true,
    begin: async ({ stateStore }) => ({
      async midway() {
        await stateStore.down();
        await pause(LONG_OUTAGE_MS);
        await stateStore.up();
      },
    }),
  },
  {
    name: "the broker is killed and comes back",
    mailsMayRepeat: true,
    begin: async ({ broker }) => ({ midway: () => broker.crash() }),
  },
  breaks({ name: "every 20th effect fails", services: ["billing", "notification", "shipping"], how: "fail" }),
  breaks({
    name: "handlers take longer than their sidecar waits",
    services: ["billing", "notification"],
    how: "block:3000",
    mailsMayRepeat: true,
  }),
  {
    name: "the broker delivers everything three times",
    async begin({ pods: { order, billing } }) {
      const said: Call[] = [];
      order.proxy.plan((call) => {
        if (isPublish(call)) said.push(call);
        return undefined;
      });
      const again = async () => {
        for (const call of [...said]) await publishAgain(order, call);
      };
      return {
        midway: again,
        async after() {
          order.proxy.plan();
          const created = said.flatMap(saidIn).filter((body) => body.includes("order.created")).length;
          const before = countOf(billing, "duplicate");
          await again();
          await until(() => countOf(billing, "duplicate") - before >= created, {
            what: "billing has seen every event again",
          });
        },
      };
    },
  },
  {
    name: "billing and its sidecar are told to stop while they work",
    begin: async ({ pods: { billing } }) => ({
      async midway() {
        await Promise.all([billing.service().stop(), billing.sidecar().stop()]);
        await Promise.all([billing.startService(), billing.startSidecar()]);
      },
    }),
  },
  {
    name: "a second replica of billing shares the work, and leaves in the middle of it",
    async begin({ dir, resources, url }) {
      const replica = await startPod({ name: "billing", replica: 2, ports: await podPorts(1), dir, resources });
      // On Kafka it has nothing before the partitions are shared anew.
      const hasHandledAnother = async () => {
        await placeOne(url, { key: randomUUID() });
        return countOf(replica, "handled") > 0;
      };
      await until(hasHandledAnother, { what: "the second replica has handled an event", everyMs: 200 });
      const before = countOf(replica, "handled");
      return {
        async midway() {
          await until(() => countOf(replica, "handled") > before, { what: "the second replica shares the work" });
          await replica.stop();
        },
      };
    },
  },
];

/** How many events a service says it has handled, known already, or put aside. */
export const countOf = ({ logFile }: Pod, how: "handled" | "duplicate" | "parked"): number =>
  readFileSync(logFile, "utf8").split(`"how":"${how}"`).length - 1;
