import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import { canonical } from "./canonical.ts";
import { type Fault, HANDLER, OUTAGE, toText } from "./faults.ts";
import { shortType } from "./names.ts";
import type { Remark } from "./watch.ts";
import { type Build, createWorld, type Delivered, LEASE_MS, type World, type WorldOptions } from "./world.ts";

/** One thing that happens to a function. */
export type Step =
  | { readonly event: CloudEvent; readonly fault?: Fault | undefined; readonly by?: Build | undefined }
  | { readonly restart: true };

/** What came of a history. */
export interface Result {
  readonly history: readonly string[];
  readonly remarks: readonly Remark[];
  /** How each event ended, by its id. */
  readonly ends: ReadonlyMap<string, string>;
  /** How often each effect was done, by what was asked. */
  readonly effects: ReadonlyMap<string, number>;
  /** For which event, by what was asked. */
  readonly askedBy: ReadonlyMap<string, string>;
  /** All that was asked for, by effect and key. */
  readonly requests: ReadonlyMap<string, ReadonlySet<string>>;
  /** For which events, by effect and key. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** What was said, by id; without the time of saying it. */
  readonly said: ReadonlyMap<string, string>;
  /** States, by document. */
  readonly states: ReadonlyMap<string, string>;
  /** The longest that a document's state has become, in characters. */
  readonly stateLength: number;
  /** Steps of the first delivery of each event. */
  readonly steps: ReadonlyMap<string, readonly string[]>;
  /** Events of which a delivery with a fault ended well all the same. */
  readonly unmoved: ReadonlySet<string>;
  readonly faults: number;
}

type How = Pick<Extract<Step, { readonly event: CloudEvent }>, "fault" | "by">;

/** A broker brings an event so often in a row before it goes on with others. */
const TRIES = OUTAGE + 3;
const ROUNDS = 8;
/** How an event ends whose handler never does. */
export const TIMEOUT = "retry timeout";

/** Runs a history, and brings again what is not done, until it is or no delivery changes anything. */
export async function run(fn: SystemFunction<never>, steps: readonly Step[], options: WorldOptions): Promise<Result> {
  const world = createWorld(fn, options);
  const history: string[] = [];
  const ends = new Map<string, string>();
  const points = new Map<string, readonly string[]>();
  const unmoved = new Set<string>();
  const waiting = new Map<string, CloudEvent>();
  const lates: Delivered[] = [];
  let faults = 0;

  const once = async (event: CloudEvent, { fault, by }: How) => {
    const before = world.asked.length;
    const delivered = await world.deliver(event, { fault, by });
    const { outcome, steps } = delivered;
    if (!points.has(event.id)) points.set(event.id, steps);
    const at = fault?.at ?? 0;
    const hit = fault && (at === HANDLER || at < steps.length) ? fault : undefined;
    if (hit) faults++;
    if (hit?.kind === "late") lates.push(delivered);
    const end = outcome === "died" ? "died" : outcome.kind === "ack" ? "handled" : `${outcome.kind} ${outcome.code}`;
    if (hit?.kind === "fails" && end === "handled") unmoved.add(event.id);
    const how = outcome === "died" || outcome.kind === "ack" ? end : `${end}: ${outcome.reason}`;
    const asked = world.asked.slice(before).map(({ effect, key }) => `${effect} ${key ?? "(no key)"}`);
    const wrong = hit ? `, ${toText(hit, at === HANDLER ? "its handler" : (steps[at] ?? ""))}` : "";
    const told = asked.length > 0 ? `; asks ${asked.join(", ")}` : "";
    history.push(
      `${shortType(event.type)} ${event.id} about ${event.subject}${by ? `, to the ${by} build` : ""}${wrong} → ${how}${told}`,
    );
    return { end, isDone: outcome !== "died" && outcome.kind !== "retry", isHit: hit !== undefined };
  };
  const bring = async (event: CloudEvent, how: How) => {
    let last = "";
    for (let tries = 0; tries < TRIES; tries++) {
      const { end, isDone, isHit } = await once(
        event,
        tries < (how.fault?.times ?? 1) ? how : { by: how.by === "newer" ? how.by : undefined },
      );
      ends.set(event.id, end);
      if (isDone) {
        waiting.delete(event.id);
        return;
      }
      world.pass(LEASE_MS * 2);
      if (end === last && !isHit) break;
      if (!isHit && end !== "died") last = end;
      // Nothing but another event, or another process, changes what a handler throws.
      if (end === "retry handler" && !isHit) break;
      if (end === "retry newer" || (end === TIMEOUT && !isHit)) break;
    }
    waiting.set(event.id, event);
  };

  // Its broker has done with it: whoever sends a dead letter again knows why.
  const isBuried = ({ id }: CloudEvent) => ends.get(id)?.startsWith("dead") === true;
  for (const step of steps) {
    if ("restart" in step) {
      world.restart();
      history.push("its process ends, and another begins");
    } else if (!isBuried(step.event)) await bring(step.event, step);
  }
  for (const late of lates) {
    history.push("what was late comes to its end");
    await late.release();
  }
  // In the end all are of the newest.
  const by = steps.some((step) => "event" in step && step.by === "newer") ? "newer" : undefined;
  for (let round = 0; waiting.size > 0 && round < ROUNDS; round++) {
    const [before, lines] = [waiting.size, history.length];
    if ([...ends.values()].includes(TIMEOUT)) break;
    for (const event of [...waiting.values()]) await bring(event, { by });
    if (waiting.size < before) continue;
    // That nothing has changed need not be told.
    history.length = lines;
    break;
  }
  return { history, ends, steps: points, unmoved, faults, ...whatLasts(world) };
}

function whatLasts({ asked, said, documents, remarks }: World) {
  const effects = new Map<string, number>();
  const askedBy = new Map<string, string>();
  const requests = new Map<string, Set<string>>();
  const keys = new Map<string, Set<string>>();
  for (const { effect, key, request, event, isDone } of asked) {
    const name = `${effect} ${key ?? "(no key)"} ${request}`;
    if (isDone) effects.set(name, (effects.get(name) ?? 0) + 1);
    askedBy.set(name, event);
    if (key === undefined) continue;
    put(requests, `${effect} ${key}`, request);
    put(keys, `${effect} ${key}`, event);
  }
  const entries = [...documents];
  const kept = entries.flatMap(([, { outbox = {} }]) =>
    Object.values(outbox).flatMap(({ due, said: bodies }) => (due === undefined ? [] : bodies)),
  );
  const bodies = new Map(
    [...said, ...kept].map(({ topic, body }) => {
      const { id, time: _, ...event } = JSON.parse(body) as CloudEvent;
      return [id, canonical({ topic, ...event })];
    }),
  );
  const states = entries.flatMap(([key, { state, exact }]): [string, string][] =>
    state === undefined && exact === undefined ? [] : [[key, exact ?? canonical(state)]],
  );
  const stateLength = Math.max(0, ...states.map(([, text]) => text.length));
  return { effects, askedBy, requests, keys, said: bodies, states: new Map(states), stateLength, remarks };
}

function put(sets: Map<string, Set<string>>, name: string, value: string): void {
  sets.set(name, (sets.get(name) ?? new Set<string>()).add(value));
}
