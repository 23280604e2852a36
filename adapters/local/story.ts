import { styleText } from "node:util";

type Line = Readonly<Record<string, unknown>>;

/** What a service said of one event, or of its troubles, as a line that people read. out: undefined for any other log line. */
export function toStory(line: Line): string | undefined {
  if (line.stream !== undefined) return [...whenAndWho(line), line.msg].join("  ");
  if (line.msg !== "event") return toTrouble(line);
  const { type, subject, durationMs, stack } = line;
  const story = [
    ...whenAndWho(line),
    shortType(type).padEnd(20),
    toResult(line),
    styleText("dim", `${String(durationMs).padStart(6)} ms  ${String(subject ?? "").slice(0, 8)}`),
  ].join("  ");
  return withPlace(story, stack);
}

/** Where what happened stands, below when and who. */
const AT = 28;

function withPlace(story: string, stack: unknown): string {
  const place = placeIn(stack);
  return place === undefined ? story : `${story}\n${" ".repeat(AT)}${styleText("yellow", `at ${place}`)}`;
}

/** out: the first place in a function's own sources, else in whatever sources there are, as `file:line` */
function placeIn(stack: unknown): string | undefined {
  const places = [...String(stack ?? "").matchAll(/^ +at (?:.* \()?([^()\s]+:\d+):\d+\)?$/gm)].map(
    ([, place]) => place,
  );
  return places.find((place) => place?.includes("functions/")) ?? places[0];
}

/** pino's number for "warn". */
const WARN = 40;

/** What never became an event: a delivery that was cut off, or whose headers nobody could read. */
function toTrouble(line: Line): string | undefined {
  const { level, time, msg, code, path, appId, topic, why, err } = line;
  if (typeof level !== "number" || typeof time !== "number" || level < WARN) return undefined;
  const error = err as Line | undefined;
  const details = [code, path, appId, topic, why, error?.message].filter((each) => each !== undefined);
  const story = [...whenAndWho(line), styleText("yellow", [msg, ...details].join(": "))].join("  ");
  // Of a function's own: those of others are where a sidecar or a store is away.
  return /functions\//.test(String(error?.stack)) ? withPlace(story, error?.stack) : story;
}

const whenAndWho = ({ time, service }: Line): readonly string[] => [
  styleText("dim", new Date(Number(time)).toISOString().slice(11, 23)),
  styleText("bold", String(service).padEnd(12)),
];

const WIDTH = 24;

export function toResult({ outcome, how, said, code, reason }: Line): string {
  if (outcome === "retry") return styleText("yellow", `comes again (${code}: ${reason})`.padEnd(WIDTH));
  if (outcome === "dead") return styleText("red", `dead (${code}: ${reason})`.padEnd(WIDTH));
  if (how !== "handled") return styleText("dim", String(how).padEnd(WIDTH));
  const types = (said as readonly unknown[]).map(shortType);
  return types.length > 0 ? styleText("green", `→ ${types.join(", ")}`.padEnd(WIDTH)) : "done".padEnd(WIDTH);
}

/** com.example.parcel.sent.v1 → parcel.sent */
export const shortType = (type: unknown): string =>
  String(type ?? "not an event").replace(/^(?:[^.]+\.){2}(?=[^.]+\.)|\.v\d+$/g, "");
