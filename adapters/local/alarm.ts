import type { Broker } from "./broker.ts";

/** Wakes a consumer when the next of what its groups hold is due. */
export interface Alarm {
  set(): void;
  stop(): void;
}

export function createAlarm(
  broker: Pick<Broker, "nextDue">,
  { groups, wake }: { readonly groups: readonly number[]; readonly wake: () => void },
): Alarm {
  let timer: NodeJS.Timeout | undefined;
  return {
    set() {
      clearTimeout(timer);
      const due = Math.min(...groups.map((group) => broker.nextDue(group) ?? Number.POSITIVE_INFINITY));
      if (due < Number.POSITIVE_INFINITY) timer = setTimeout(wake, Math.max(1, due - Date.now() + 1));
    },
    stop: () => clearTimeout(timer),
  };
}
