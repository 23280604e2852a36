import * as v from "valibot";
import type { System } from "../../../functions/kernel/system.ts";
import type { Fault, LetterAct, Say } from "./api-types.ts";
import { Refusal } from "./refusal.ts";

const MOST_TIMES = 10_000;
const MOST_LETTERS = 10_000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

const text = v.pipe(v.string(), v.nonEmpty());
const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const app = text;
/** Never what a command takes for an option, or a path. */
const topic = v.pipe(v.string(), v.regex(/^\w[\w.-]*$/));

const fault = v.variant("do", [
  v.strictObject({ do: v.picklist(["kill", "stop", "start"]), what: text }),
  v.strictObject({ do: v.picklist(["away", "back"]), what: v.picklist(["broker", "store"]) }),
  v.strictObject({ do: v.literal("fail"), app, times: whole(1, MOST_TIMES) }),
  v.strictObject({
    do: v.literal("again"),
    app,
    entry: whole(1, Number.MAX_SAFE_INTEGER),
    times: v.picklist([1, 2]),
    afterMs: whole(0, 24 * HOUR_MS),
  }),
  v.strictObject({ do: v.literal("clock"), what: text, byMs: whole(-YEAR_MS, YEAR_MS) }),
]);

const letterAct = v.strictObject({
  do: v.picklist(["replay", "drop"]),
  digests: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[0-9a-f]{8,64}$/))), v.minLength(1), v.maxLength(MOST_LETTERS)),
  topic: v.exactOptional(topic),
  data: v.exactOptional(v.unknown()),
});

const say = v.strictObject({
  type: v.exactOptional(text),
  topic: v.exactOptional(topic),
  data: v.exactOptional(v.unknown()),
  event: v.exactOptional(v.unknown()),
  text: v.exactOptional(v.string()),
});

/** throws: Refusal, for what this system does not have as well */
export function parseFault(value: unknown, { functions }: System<never>): Fault {
  const parsed = parse<Fault>(fault, value);
  const apps = functions.map(({ name }) => name);
  const require = (field: string, value: string, known: readonly string[]) => {
    if (!known.includes(value)) refuse(`${field}: must be one of ${known.join(", ")}`);
  };
  if ("app" in parsed) require("app", parsed.app, apps);
  else if (parsed.do === "clock") require("what", parsed.what, apps);
  else if (parsed.do !== "away" && parsed.do !== "back") require("what", parsed.what, [...apps, "sidecars"]);
  return parsed;
}

/** throws: Refusal */
export function parseLetterAct(value: unknown): LetterAct {
  const act = parse<LetterAct>(letterAct, value);
  if (act.data !== undefined && (act.do === "drop" || act.digests.length > 1))
    refuse("data: are of one letter that is replayed");
  return act;
}

/** throws: Refusal */
export function parseSay(value: unknown): Say {
  const parsed = parse<Say>(say, value);
  const given = [parsed.data, parsed.event, parsed.text].filter((part) => part !== undefined);
  if (given.length !== 1) refuse("must have one of data, event and text");
  return parsed;
}

function parse<Parsed>(schema: v.GenericSchema, value: unknown): Parsed {
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output as Parsed;
  const path = v.getDotPath(issues[0]);
  return refuse(`${path === null ? "" : `${path}: `}${issues[0].message}`);
}

function refuse(why: string): never {
  throw new Refusal(400, why);
}
