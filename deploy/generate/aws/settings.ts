import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import type { System } from "../../../functions/kernel/system.ts";
import { EDGE } from "../wiring.ts";

const FILE = "deploy/aws/settings.yaml";

const whole = (least: number, most: number) =>
  v.optional(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)));

/** What Lambda and the deployment say themselves. */
const TAKEN =
  /^(AWS|LAMBDA)_|^(EDGE_DEMO|EDGE_SECRET|LEDGER_TABLE|LETTER_SECRET|MAX_EVENT_BYTES|RELAY|TOPIC_ARN_PREFIX)$/;

const variable = v.pipe(
  v.string(),
  v.regex(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, "must be a name such as SMTP_URL"),
  v.check((name) => !TAKEN.test(name), "is what the deployment says itself"),
);

const own = v.strictObject({
  /** MB. */
  memory: whole(128, 10_240),
  /** Seconds. A dispatch takes up to 10, and what is not done half a second before the end is reported. */
  timeout: whole(11, 900),
  /** Batches of its queue that are handled at once. */
  concurrency: whole(2, 1_000),
  /** Names of what its effects are told: values stand in no file. */
  environment: v.optional(v.array(variable)),
});

/** By function: what it gets on AWS where that is not what all get. */
export type Settings = Readonly<Record<string, v.InferOutput<typeof own>>>;

/** What a user has written beside the rendered files. throws: Error for what no function of Lambda can have */
export const readSettings = (): Settings =>
  parseSettings(readFileSync(join(import.meta.dirname, "../../..", FILE), "utf8"));

/** throws: Error for settings of a function that there is not: it was renamed, or removed */
export function checkSettings(settings: Settings, { functions, edges }: System<never>): void {
  const known = [...functions.map(({ name }) => name), ...(edges.length > 0 ? [EDGE] : [])];
  const stranger = Object.keys(settings).find((name) => !known.includes(name));
  if (stranger !== undefined) throw new Error(`${FILE}: ${stranger}: must be one of ${known.join(", ")}`);
}

/** throws: as `readSettings` */
export function parseSettings(text: string): Settings {
  const { success, output, issues } = v.safeParse(v.record(v.string(), own), parse(text) ?? {});
  if (success) return output;
  const [issue] = issues;
  throw new Error(`${FILE}: ${v.getDotPath(issue) ?? "settings"}: ${issue.message}`);
}
