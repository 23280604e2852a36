import * as v from "valibot";
import type { LetterAct, Say } from "./api-types.ts";
import { Refusal } from "./refusal.ts";

const MOST_LETTERS = 10_000;

const text = v.pipe(v.string(), v.nonEmpty());
/** Never what a command takes for an option, or a path. */
const topic = v.pipe(v.string(), v.regex(/^\w[\w.-]*$/));

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
