import type { Happening } from "./api-types.ts";
import { idOf } from "./open-deliveries.ts";
import {
  broken,
  createScope,
  createTwice,
  END_MS,
  events,
  held,
  often,
  SLACK_MS,
  seconds,
  UP_MS,
  type Verdict,
  type Watch,
  type Watching,
} from "./watch-parts.ts";

/** Of a check that waits for the first delivery to come. */
const IDLE_MS = 5 * 60_000;

/** The next deliveries fail, and what failed comes again and ends. */
export function watchFail(watching: Watching, { app, times }: { app: string; times: number }): Watch {
  const began = watching.now();
  const failed = new Set<string>();
  const delivered = new Set<number | undefined>();
  const scope = createScope(watching, (owed) => owed.app === app);
  const twice = createTwice(watching);
  let failures = 0;
  let first: number | undefined;
  let wrong: string | undefined;
  const judge = (row: Happening) => {
    const { entry, kind, outcome, at } = row;
    if (at < began + SLACK_MS) delivered.delete(entry);
    else if (kind === "delivered") delivered.add(entry);
    if (kind !== "answered") return;
    if (outcome === "retry" && at >= began) {
      failures++;
      failed.add(idOf(row));
      first ??= watching.now();
    } else if (outcome === "success" && failures < times && delivered.has(entry))
      wrong = `it was reached although ${failures} of ${times} had failed`;
  };
  return {
    must: `The next ${times === 1 ? "delivery" : `${times} deliveries`} to ${app} are answered 500; what failed comes again, and ends.`,
    see(row) {
      if (row.app === app) judge(row);
    },
    look(now) {
      const doubled = twice();
      if (doubled) return doubled;
      if (wrong !== undefined) return broken(wrong);
      if (first === undefined) {
        if (now - began < IDLE_MS) return undefined;
        return broken(`nothing was delivered to it in ${seconds(IDLE_MS)}`);
      }
      const open = scope.open().filter(({ id }) => failed.has(id));
      if (failures >= times && open.length === 0)
        return held(`answered 500 ${often(failures)}`, `${events(failed.size)} came again and ended`);
      if (now - first < END_MS) return undefined;
      return broken(`answered 500 ${often(failures)}`, `${open.length} of ${events(failed.size)} have not ended`);
    },
    close: scope.close,
  };
}

interface AgainOptions {
  readonly app: string;
  readonly entry: number;
  /** Its id, where it has one. */
  readonly event: string | undefined;
  readonly times: 1 | 2;
  readonly afterMs: number;
  /** What has happened to it until now. */
  readonly before: readonly Happening[];
}

/** What it does is done once, however often it comes. */
export function watchAgain(watching: Watching, { app, entry, event, times, afterMs, before }: AgainOptions): Watch {
  const began = watching.now();
  const keys = new Map<string, Set<string>>();
  const hows: string[] = [];
  let handled = 0;
  let answered = 0;
  let last = 0;
  let isParked = false;
  let wrong: Verdict | undefined;
  const tried = ({ how: kind = "", key }: Happening) => {
    const known = keys.get(kind) ?? new Set();
    if (key !== undefined) keys.set(kind, known.add(key));
    if (known.size > 1) wrong = broken(`${kind} was tried under ${[...known].join(" and ")}`);
  };
  const told = ({ outcome, how }: Happening) => {
    isParked = outcome === "ack" && how === "parked";
    if (outcome === "ack" && how === "handled" && ++handled > 1) wrong = broken("it was handled more than once");
  };
  const see = (row: Happening) => {
    if (row.app !== app || row.event !== event) return;
    if (row.kind === "effect") tried(row);
    if (row.kind === "told") told(row);
  };
  for (const row of event === undefined ? [] : before) see(row);
  isParked = false;
  return {
    must: `It comes to ${app} ${times === 2 ? "twice at once" : "once more"}${afterMs > 0 ? `, ${seconds(afterMs)} later` : ""}; it is handled once in all, and each effect has one key.`,
    see(row) {
      if (event !== undefined) see(row);
      if (row.app !== app) return;
      if (row.kind === "told" && row.event === event) hows.push(row.how ?? row.outcome ?? "");
      if (row.kind !== "answered" || row.entry !== entry || row.outcome !== "success") return;
      answered++;
      last = watching.now();
    },
    look(now) {
      if (wrong) return wrong;
      if (answered >= times && !isParked && now - last >= 2 * SLACK_MS)
        return held(`answered ${often(answered)}`, hows.join(", ") || "nothing was logged of it", effectsIn(keys));
      const patience = afterMs + (isParked ? END_MS : UP_MS);
      return now - began < patience ? undefined : broken(`answered ${often(answered)} of ${times} times`, ...hows);
    },
  };
}

const effectsIn = (keys: ReadonlyMap<string, unknown>): string =>
  keys.size === 0 ? "no effect" : `one key of ${[...keys.keys()].join(", ")}`;
