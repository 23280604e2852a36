/** What one function said of one event in its log: what adapters/core/host/log-fields.ts writes, whatever stands around it. */
export interface Told {
  /** ms since the epoch; 0 where no line says it. */
  readonly time: number;
  readonly function: string;
  /** Its id. What came was no event where there is none. */
  readonly event?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly topic?: string;
  readonly outcome: "ack" | "retry" | "dead";
  /** Of what was acknowledged. */
  readonly how?: string;
  /** Types of what followed. */
  readonly said?: readonly string[];
  /** Of what was not. */
  readonly code?: string;
  readonly reason?: string;
  readonly durationMs?: number;
  readonly traceId?: string;
}

type Json = Readonly<Record<string, unknown>>;

const OUTCOMES: readonly unknown[] = ["ack", "retry", "dead"];
const TEXTS = [
  "event",
  "type",
  "subject",
  "correlationid",
  "causationid",
  "topic",
  "how",
  "code",
  "reason",
  "traceId",
] as const;

/**
 * A line of a log, as services write it or as others print it: kubectl with the pod before it, daprd with `== APP ==`.
 *
 * out  undefined for a line that is about no event
 */
export function parseLine(line: string): Told | undefined {
  const start = line.indexOf("{");
  if (start === -1 || !line.includes('"outcome"')) return undefined;
  try {
    return toTold(JSON.parse(line.slice(start)));
  } catch {
    return undefined;
  }
}

/**
 * The same, parsed; also an entry of Cloud Logging, or an event of CloudWatch Logs, with the line in it.
 *
 * source  Cloud Logging, LogEntry: timestamp, jsonPayload; CloudWatch Logs, FilteredLogEvent: timestamp in ms, message
 */
export function toTold(value: unknown, otherwise?: unknown): Told | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const line = value as Json;
  if (line.jsonPayload !== undefined) return toTold(line.jsonPayload, line.timestamp);
  const { outcome, function: name, said, durationMs, time = otherwise } = line;
  if (typeof name !== "string" || !OUTCOMES.includes(outcome)) return undefined;
  const texts = TEXTS.flatMap((key) => (typeof line[key] === "string" ? [[key, line[key]] as const] : []));
  return {
    time: toTime(time),
    function: name,
    ...Object.fromEntries(texts),
    outcome: outcome as Told["outcome"],
    ...(Array.isArray(said) ? { said: said.map(String) } : {}),
    ...(typeof durationMs === "number" ? { durationMs } : {}),
  };
}

function toTime(time: unknown): number {
  const ms = typeof time === "number" ? time : Date.parse(String(time));
  return Number.isFinite(ms) ? ms : 0;
}

/** Whether nothing more is heard of it there, unless somebody sends it again. */
export const isFinal = ({ outcome, how }: Told): boolean =>
  outcome === "dead" || (outcome === "ack" && how !== "parked");
