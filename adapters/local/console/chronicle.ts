import { statSync } from "node:fs";
import { join } from "node:path";
import type { Happening } from "./api-types.ts";
import { tailFile } from "./effects-tail.ts";
import type { History } from "./history-types.ts";
import type { Recorded } from "./recorder.ts";
import type { ServiceOutcome } from "./services.ts";

type Line = Readonly<Record<string, unknown>>;

/** What a chronicle needs of a history. */
export type Recording = Pick<History, "append" | "before" | "last">;

/** Tells a history what the processes of a system say and do. Nothing of it fails. */
export interface Chronicle {
  /** A line of the sidecars' recorder. */
  recorded(text: string): void;
  /** A line of a process's log. */
  logged(line: Line): void;
  service(name: string, outcome: ServiceOutcome, how?: string): void;
  close(): void;
}

interface ChronicleOptions {
  /** Where effects are noted. */
  readonly dataDir: string;
  /** The history takes nothing: said once. */
  readonly onTrouble: (text: string) => void;
}

export function createChronicle(history: Recording, { dataDir, onTrouble }: ChronicleOptions): Chronicle {
  let isTold = false;
  const safely = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!isTold) onTrouble(`what happens is not recorded: ${(error as Error).message}`);
      isTold = true;
      return undefined;
    }
  };
  const append = (happening: Omit<Happening, "id">, body?: string) => safely(() => history.append(happening, body));

  const file = join(dataDir, "effects.jsonl");
  const effects = tailFile({
    file,
    from: safely(() => recordedUpTo(file, history)) ?? 0,
    onLine(text, end) {
      const line = parse<{
        readonly kind: string;
        readonly key: string;
        readonly event?: string;
        readonly by?: string;
      }>(text);
      if (!line) return;
      const { kind: how, key, event, by: app } = line;
      append({ at: Date.now(), kind: "effect", app, how, key, event, code: `${END}${end}` } as Omit<Happening, "id">);
    },
  });
  return {
    recorded(text) {
      const line = parse<Recorded>(text);
      if (!line) return;
      const { body, ...happening } = line;
      append(happening, body);
    },
    logged(line) {
      if (line.msg !== "event" || line.stream !== undefined) return;
      // It was tried before that was said.
      effects.look();
      append(toTold(line));
    },
    service(app, outcome, how) {
      append({ at: Date.now(), kind: "service", app, outcome, ...(how === undefined ? {} : { how }) });
    },
    close: effects.close,
  };
}

/** Before the place where a line of effects ends: what is recorded says how far that is, and neither is ever ahead of the other. */
const END = "@";

/** out: where the next effect begins. Of a history that has just begun: what was tried before is none of it */
function recordedUpTo(file: string, history: Recording): number {
  const [newest] = history.before({ kind: "effect", limit: 1 });
  if (newest?.code?.startsWith(END)) return Number(newest.code.slice(END.length));
  return history.last === 0 ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) : 0;
}

/** A process that is killed leaves a line unfinished. */
function parse<Shape>(text: string): Shape | undefined {
  try {
    return JSON.parse(text) as Shape;
  } catch {
    return undefined;
  }
}

/** As adapters/core/host/log-fields.ts writes it. */
export function toTold(line: Line): Omit<Happening, "id"> {
  const { time, topic, event, type, subject, correlationid, causationid, outcome, how, said, code, reason } = line;
  return {
    ...{ at: Number(time), kind: "told", app: line.function ?? line.service, topic, event, type, subject },
    ...{ correlation: correlationid, causation: causationid, outcome, how, said, code, reason, ms: line.durationMs },
  } as Omit<Happening, "id">;
}
