import type { Handler } from "../../../functions/kernel/define.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { First, functionOf, Heard } from "./test-function.ts";
import { createWorld, toEvent, type World } from "./test-world.ts";

type Handle = Handler<{ readonly heard: readonly string[] }, { readonly about: string }>;
export const MS = 90_000;
export const HANGS = new Error("never comes to its end");
export const away = () => Promise.reject(new Error("away"));
export const named = (id: string, about = "s") => toEvent(Heard({ about }), { id });
export const saidOf = (world: World) => world.said.map(({ body }) => JSON.parse(body).causationid);

/** For tests: a function that fails for some events as long as it is told to, in a process with parking. */
export function startParking({ keeps = "state" as "state" | "nothing", exclusive = false, idempotent = false } = {}) {
  const world = createWorld();
  const failing = new Map<string, Error>();
  const waiting = new Map<string, () => Promise<void>>();
  const handle: Handle = async ({ id, data }, state) => {
    await waiting.get(id)?.();
    const error = failing.get(id);
    if (error === HANGS) await new Promise(() => {});
    if (error) throw error;
    return { ...(keeps === "state" ? { state: { heard: [...(state?.heard ?? []), id] } } : {}), emit: [First(data)] };
  };
  const create = () => functionOf(handle as never, { keeps, exclusive, idempotent });
  const portsOf = (): Partial<Ports> => ({
    isRelayed: true,
    parking: createParking({ ms: MS }),
    patience: createPatience({ ms: MS }),
  });
  let ports = portsOf();
  interface Delivering {
    readonly about?: string;
    readonly time?: string;
    readonly replayof?: string;
    readonly dieAt?: number;
    readonly ports?: Partial<Ports>;
  }
  const fails = (id: string, error: Error | undefined = new Error("not yet")) => void failing.set(id, error);
  const deliver = (id: string, more: Delivering = {}) =>
    world.deliver(
      create,
      {
        ...named(id, more.about),
        ...(more.time === undefined ? {} : { time: more.time }),
        ...(more.replayof === undefined ? {} : { replayof: more.replayof, replayfor: "fn" }),
      },
      {
        topic: "in",
        ...(more.dieAt === undefined ? {} : { dieAt: more.dieAt }),
        ports: { ...ports, ...more.ports },
      },
    );
  return {
    world,
    fails,
    deliver,
    /** It fails twice, and will go on to. */
    async park(id: string) {
      fails(id);
      await deliver(id);
      await deliver(id);
    },
    works: (id: string) => void failing.delete(id),
    waits: (id: string, until: () => Promise<void>) => void waiting.set(id, until),
    restart() {
      ports = portsOf();
    },
    relay: (more: { dieAt?: number; ports?: Partial<Ports> } = {}) =>
      world.relay(create, {
        ...(more.dieAt === undefined ? {} : { dieAt: more.dieAt }),
        ports: { ...ports, ...more.ports },
      }),
  };
}

export const PARKED = { kind: "ack", how: "parked" };
