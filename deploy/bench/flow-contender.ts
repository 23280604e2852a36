import { closeSync, openSync, readSync } from "node:fs";
import { createHttpClient, type HttpAnswer } from "../../adapters/core/host/http-client.ts";
import { until } from "../e2e/shop/orders.ts";
import { type Attempt, faultsOf, parseAttempts, repetitionsOf, sumUp } from "../e2e/shop/sums.ts";
import { cpuMs } from "./cpu.ts";

/** Whose processor time is added up apart. */
export interface Processes {
  /** The functions. */
  readonly services: readonly number[];
  /** Sidecars, or the server that calls the functions. */
  readonly between: readonly number[];
  /** Broker and state store, where they are others. */
  readonly stores: readonly number[];
}

/** A whole shop that takes orders: its own processes, its own stores. */
export interface Contender {
  readonly name: string;
  /** By which settings it writes to the disk, and what a power cut takes. */
  readonly durability: string;
  /** Where its functions write down what they do to the world, one line each. */
  readonly effectsLog: string;
  /** Asks for one order, again and again under its key until it is taken. out: its id */
  place(key: string): Promise<string>;
  processes(): Processes;
  stop(): Promise<void>;
}

interface CustomerOptions {
  /** Where orders are placed. */
  readonly origin: string;
  readonly pathOf: (key: string) => string;
  readonly body: object;
  /** What the order is called. */
  readonly idOf: (key: string, answer: HttpAnswer) => string;
}

const TIMEOUT_MS = 15_000;
const AGAIN_MS = 50;

/** Whoever places orders, over connections that are kept. */
export function createCustomer({ origin, pathOf, body, idOf }: CustomerOptions): Pick<Contender, "place"> & {
  close(): Promise<void>;
} {
  const client = createHttpClient({ origin, timeoutMs: TIMEOUT_MS });
  const text = JSON.stringify(body);
  return {
    async place(key) {
      let id: string | undefined;
      const tryOnce = async () => {
        const headers = { "content-type": "application/json", "idempotency-key": key };
        const answer = await client
          .call({ method: "POST", path: pathOf(key), headers, body: text })
          .catch(() => undefined);
        if (answer && answer.status < 300) id = idOf(key, answer);
        else if (answer && answer.status < 500)
          throw new Error(`${origin}: ${answer.status} ${answer.text.slice(0, 300)}`);
        return id !== undefined;
      };
      await until(tryOnce, { what: `${origin} takes an order`, everyMs: AGAIN_MS });
      return id as string;
    },
    close: () => client.close(),
  };
}

/** Of each processor time in ms. */
export type Usage = Readonly<Record<keyof Processes, number>>;

export function usageOf({ services, between, stores }: Processes): Usage {
  const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + cpuMs(pid), 0);
  return { services: sum(services), between: sum(between), stores: sum(stores) };
}

export const usedSince = (before: Usage, { services, between, stores }: Usage): Usage => ({
  services: services - before.services,
  between: between - before.between,
  stores: stores - before.stores,
});

/** The last thing that happens to an order: its customer is told that it is on its way. */
const LAST = "com.example.order.shipped.v1";
const LOOK_EVERY_MS = 2;

/** Reads what functions write down, so that nobody has to be asked whether an order is shipped: that would be work as well. */
export interface Follower {
  /** out: for how many of these orders an effect was tried */
  count(kind: string, ids: readonly string[]): number;
  /** Waits until the customers of these orders have been told that they are shipped. */
  shipped(ids: readonly string[]): Promise<void>;
  /** throws: unless each of these had every effect once, and no other one */
  check(ids: readonly string[]): void;
  close(): void;
}

export function followEffects({ name, effectsLog }: Pick<Contender, "name" | "effectsLog">): Follower {
  const file = openSync(effectsLog, "a+");
  const chunk = Buffer.alloc(1 << 16);
  const attempts: Attempt[] = [];
  const told = new Set<string>();
  let position = 0;
  let rest = "";
  const read = () => {
    for (let bytes = 1; bytes > 0; ) {
      bytes = readSync(file, chunk, 0, chunk.length, position);
      position += bytes;
      const lines = (rest + chunk.toString("utf8", 0, bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const attempt of parseAttempts(lines.join("\n"))) {
        attempts.push(attempt);
        const [id = "", type] = attempt.key.split("/");
        if (attempt.kind === "mail" && type === LAST) told.add(id);
      }
    }
  };
  return {
    count(kind, ids) {
      read();
      const tried = new Set(attempts.flatMap((attempt) => (attempt.kind === kind ? [attempt.key] : [])));
      return ids.filter((id) => tried.has(id)).length;
    },
    async shipped(ids) {
      let next = 0;
      const isDone = () => {
        read();
        while (next < ids.length && told.has(ids[next] as string)) next++;
        return next === ids.length;
      };
      await until(isDone, { what: `${name}: ${ids.length} orders are shipped`, everyMs: LOOK_EVERY_MS });
    },
    check(ids) {
      read();
      const sums = sumUp(new Map(ids.map((id) => [id, "shipped"])), attempts);
      const faults = faultsOf(sums);
      // What has a key may be tried again under it: a bulk that was not done in time comes again.
      const { mail = 0 } = repetitionsOf(sums);
      const wrong = [...faults, ...(mail > 0 ? [`mail: ${mail} too many`] : [])];
      if (wrong.length > 0) throw new Error(`${name}: ${wrong.join("; ")}`);
    },
    close: () => closeSync(file),
  };
}
