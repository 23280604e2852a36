import { topicsOf } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import type { Fault, Part, Status } from "./api-types.ts";
import { createChecks } from "./checks.ts";
import { type Control, SIDECARS } from "./control.ts";
import { labelOf, parseFault } from "./fault-schema.ts";
import { FaultRefused, type Faults } from "./faults-types.ts";
import type { History } from "./history-types.ts";
import { createOpenDeliveries } from "./open-deliveries.ts";
import type { Breaking } from "./sidecar-commands.ts";
import { unsaidNow, watchAway, watchBack } from "./watch-away.ts";
import { watchAgain, watchFail } from "./watch-delivery.ts";
import type { Watch } from "./watch-parts.ts";
import { MUST, watchClock, watchReturn, watchStop } from "./watch-process.ts";

type Again = Extract<Fault, { readonly do: "again" }>;

interface FaultsOptions {
  readonly control: Control;
  readonly history: Pick<History, "append" | "onAppended" | "body" | "story" | "before">;
  readonly status: () => Status;
  /** What watches how much of a function is due by then. Left out: nobody looks whether that comes. */
  readonly dueBy?: (app: string, at: number) => () => number;
  readonly system: Pick<System<never>, "functions">;
  readonly now?: () => number;
  readonly every?: (look: () => void) => () => void;
}

/** Breaks what runs on purpose, by the launcher's control, and watches what must follow. Nobody else can. */
export function createFaults(options: FaultsOptions): Faults & { close(): void } {
  const { control, history, status, dueBy, system, now = Date.now, every } = options;
  const away = new Map<Part, number>();
  const checks = createChecks({ now, ...(every ? { every } : {}) });
  const deliveries = createOpenDeliveries({ hearers: hearersOf(system), now });
  const watching = { deliveries, status, now };

  const leave = history.onAppended((rows) => {
    for (const row of rows) {
      // Those that have died know nothing of it.
      if (row.kind === "service" && row.app === SIDECARS && row.outcome === "started")
        for (const what of away.keys()) control.tell({ do: "away", what });
      deliveries.see(row);
      checks.see(row);
    }
  });

  const requireRunning = (name: string) => {
    if (control.isStopped(name)) throw new FaultRefused(`${name} is stopped: start it first`);
  };
  const tell = (what: Breaking) => {
    requireRunning(SIDECARS);
    control.tell(what);
  };
  const again = ({ app, entry, times, afterMs }: Again): Watch => {
    const [row] = history.before({ kind: "published", entry, limit: 1 });
    if (row?.topic === undefined) throw new FaultRefused(`entry: nobody knows any more what ${entry} was`);
    const { topic, event } = row;
    if (!hearersOf(system)[topic]?.includes(app)) throw new FaultRefused(`app: ${app} does not hear ${topic}`);
    const body = row.hasBody ? history.body(row.id) : undefined;
    if (!body || body.isCut) throw new FaultRefused(`entry: of ${entry} not all is kept`);
    const before = event === undefined ? [] : (history.story(event)?.happenings ?? []);
    tell({ do: "again", app, topic, entry, times, afterMs, body: body.text });
    return watchAgain(watching, { app, entry, event, times, afterMs, before });
  };
  const ofProcess = (fault: Exclude<Fault, { readonly app: string } | { readonly do: "away" | "back" }>): Watch => {
    const { what: name } = fault;
    if (fault.do === "start") {
      if (!control.isStopped(name)) throw new FaultRefused(`${name} is not stopped`);
      const watch = watchReturn(watching, { name, must: MUST.start(name) });
      void control.start(name);
      return watch;
    }
    requireRunning(name);
    if (fault.do === "stop") return watchStop(watching, { name, done: control.stop(name) });
    if (fault.do === "clock") {
      const watch = watchClock(watching, { name, byMs: fault.byMs, dueBy });
      void control.clock(name, fault.byMs);
      return watch;
    }
    const watch = watchReturn(watching, { name, must: MUST.kill(name) });
    control.kill(name);
    return watch;
  };
  const ofPart = ({ do: how, what }: Extract<Fault, { readonly do: "away" | "back" }>): Watch => {
    const unsaid = away.get(what);
    if (how === "away" && unsaid !== undefined) throw new FaultRefused(`${what} is away already`);
    if (how === "back" && unsaid === undefined) throw new FaultRefused(`${what} is not away`);
    tell({ do: how, what });
    if (how === "away") {
      away.set(what, unsaidNow(watching));
      return watchAway(watching, what);
    }
    away.delete(what);
    return watchBack(watching, { what, unsaid: unsaid ?? 0 });
  };
  const begin = (fault: Fault): Watch => {
    switch (fault.do) {
      case "again":
        return again(fault);
      case "away":
      case "back":
        return ofPart(fault);
      case "fail":
        tell(fault);
        return watchFail(watching, fault);
      default:
        return ofProcess(fault);
    }
  };
  return {
    async do(given) {
      const fault = parseFault(given, control.names());
      const label = labelOf(fault);
      // Before what follows from it.
      const watch = begin(fault);
      history.append({ at: now(), kind: "fault", how: label, ...ofWhom(fault) });
      return checks.watch(label, watch);
    },
    checks: checks.all,
    broken: () => [...away.keys()],
    close() {
      leave();
      checks.close();
    },
  };
}

/** The broker and the store are nobody's. */
function ofWhom(fault: Fault): { readonly app?: string } {
  if ("app" in fault) return { app: fault.app };
  return fault.do === "away" || fault.do === "back" ? {} : { app: fault.what };
}

const hearersOf = ({ functions }: Pick<System<never>, "functions">): Readonly<Record<string, readonly string[]>> => {
  const hearers: Record<string, string[]> = {};
  for (const { name, definition } of functions)
    for (const topic of topicsOf(definition)) hearers[topic] = [...(hearers[topic] ?? []), name];
  return hearers;
};
