import type { Happening } from "./api-types.ts";
import type { History } from "./history-types.ts";
import type { Recorded } from "./recorder.ts";
import type { ServiceOutcome } from "./services.ts";

type Line = Readonly<Record<string, unknown>>;

/** Tells a history what the processes of a system say and do. Nothing of it fails. */
export interface Chronicle {
  /** A line of the sidecars' recorder. */
  recorded(text: string): void;
  /** A line of a process's log. */
  logged(line: Line): void;
  service(name: string, outcome: ServiceOutcome, how?: string): void;
}

interface ChronicleOptions {
  /** It takes nothing: said once. */
  readonly onTrouble: (text: string) => void;
}

export function createChronicle(history: Pick<History, "append">, { onTrouble }: ChronicleOptions): Chronicle {
  let isTold = false;
  const append = (...row: Parameters<History["append"]>) => {
    try {
      history.append(...row);
    } catch (error) {
      if (!isTold) onTrouble(`what happens is not recorded: ${(error as Error).message}`);
      isTold = true;
    }
  };
  return {
    recorded(text) {
      const line = parse(text);
      if (!line) return;
      const { body, ...happening } = line;
      append(happening, body);
    },
    logged(line) {
      if (line.msg === "event" && line.stream === undefined) append(toTold(line));
    },
    service(app, outcome, how) {
      append({ at: Date.now(), kind: "service", app, outcome, ...(how === undefined ? {} : { how }) });
    },
  };
}

/** A process that is killed leaves a line unfinished. */
function parse(text: string): Recorded | undefined {
  try {
    return JSON.parse(text) as Recorded;
  } catch {
    return undefined;
  }
}

/** As adapters/core/host/log-fields.ts writes it. */
function toTold(line: Line): Omit<Happening, "id"> {
  const { time, topic, event, type, subject, correlationid, causationid, outcome, how, said, code, reason } = line;
  return {
    ...{ at: Number(time), kind: "told", app: line.function ?? line.service, topic, event, type, subject },
    ...{ correlation: correlationid, causation: causationid, outcome, how, said, code, reason, ms: line.durationMs },
  } as Omit<Happening, "id">;
}
