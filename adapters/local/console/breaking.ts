import { ApiError } from "../api-types.ts";
import type { AppChannel } from "../app-channel.ts";
import type { Broker } from "../broker.ts";
import type { StateStore } from "../state-store.ts";
import type { Part } from "./api-types.ts";

/** Stands before the parts of the sidecars, and lets them fail when told to. */
export interface Breakable {
  broker(real: Broker): Broker;
  store(real: StateStore): StateStore;
  app(real: AppChannel, appId: string): AppChannel;
  away(what: Part): void;
  back(what: Part): void;
  /** Its next deliveries are answered 500, and never reach it. 0: none are. */
  fail(appId: string, times: number): void;
}

export function createBreakable(): Breakable {
  const gone = new Set<Part>();
  const failing = new Map<string, number>();
  const unreachable = "cannot be reached: it was taken away on purpose";
  const requireBroker = () => {
    if (gone.has("broker")) throw new Error(`the broker ${unreachable}`);
  };
  const requireStore = () => {
    const message = `the state store ${unreachable}`;
    if (gone.has("store")) throw new ApiError(500, { code: "ERR_STATE_GET", message });
  };
  return {
    broker: (real) => ({
      ...real,
      due: (...args) => (gone.has("broker") ? [] : real.due(...args)),
      nextDue: (group) => (gone.has("broker") ? undefined : real.nextDue(group)),
      publish: behind(requireBroker, real.publish),
      // What was answered meanwhile is acknowledged nowhere, and comes again.
      read: behind(requireBroker, real.read),
      complete: behind(requireBroker, real.complete),
      moveTo: behind(requireBroker, real.moveTo),
      postpone: behind(requireBroker, real.postpone),
    }),
    store: (real) => ({
      get: behind(requireStore, real.get),
      getAll: behind(requireStore, real.getAll),
      save: behind(requireStore, real.save),
      remove: behind(requireStore, real.remove),
    }),
    app: (real, appId) => ({
      ...real,
      async call(call) {
        const left = failing.get(appId) ?? 0;
        // Deliveries alone: what it is asked at its start is a GET.
        if (left === 0 || call.method !== "POST") return real.call(call);
        failing.set(appId, left - 1);
        return { status: 500, text: "failed on purpose" };
      },
    }),
    away: (what) => void gone.add(what),
    back: (what) => void gone.delete(what),
    fail: (appId, times) => void failing.set(appId, times),
  };
}

/** The same, where what it needs is there. */
const behind =
  <Args extends unknown[], Result>(requireIt: () => void, work: (...args: Args) => Result) =>
  (...args: Args): Result => {
    requireIt();
    return work(...args);
  };
