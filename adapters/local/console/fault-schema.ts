import * as v from "valibot";
import type { Fault } from "./api-types.ts";
import { SIDECARS } from "./control.ts";
import { FaultRefused } from "./faults-types.ts";

const MOST_TIMES = 100;
const MOST_LATE_MS = 60 * 60_000;
/** Longer than that nothing is kept: what came then would be too old. */
const MOST_AHEAD_MS = 29 * 24 * 60 * 60_000;

/** A number in words, since its own says nothing of what is wrong. */
const whole = (least: number, most: number) => {
  const why = `must be a whole number from ${least} to ${most}`;
  return v.pipe(v.number(why), v.integer(why), v.minValue(least, why), v.maxValue(most, why));
};
const oneOf = <const Options extends readonly (string | number)[]>(options: Options) =>
  v.picklist(options, `must be one of ${options.join(", ")}`);

/** in: names: of all processes, the sidecars among them */
const schemaOf = (names: readonly string[]) => {
  const processes = oneOf(names);
  const apps = oneOf(names.filter((name) => name !== SIDECARS));
  return v.variant(
    "do",
    [
      v.strictObject({ do: oneOf(["kill", "stop", "start"]), what: processes }),
      v.strictObject({ do: oneOf(["away", "back"]), what: oneOf(["broker", "store"]) }),
      v.strictObject({ do: v.literal("fail"), app: apps, times: whole(1, MOST_TIMES) }),
      v.strictObject({
        do: v.literal("again"),
        app: apps,
        entry: whole(1, Number.MAX_SAFE_INTEGER),
        times: oneOf([1, 2]),
        afterMs: whole(0, MOST_LATE_MS),
      }),
      v.strictObject({ do: v.literal("clock"), what: apps, byMs: whole(0, MOST_AHEAD_MS) }),
    ],
    "must be one of kill, stop, start, away, back, fail, again, clock",
  );
};

/** throws: FaultRefused that names each field, and the rule that it breaks */
export function parseFault(value: unknown, names: readonly string[]): Fault {
  const { success, output, issues } = v.safeParse(schemaOf(names), value);
  if (success) return output;
  const why = issues.map((issue) => `${v.getDotPath(issue) ?? "fault"}: ${ruleOf(issue)}`);
  throw new FaultRefused(why.join("; "));
}

const ruleOf = ({ type, input, message }: v.BaseIssue<unknown>): string => {
  if (type === "strict_object") return input === undefined ? "must be given" : "is no field of it";
  return input === undefined ? "must be given" : `${message}, got ${JSON.stringify(input)}`;
};

/** As its button says it. */
export function labelOf(fault: Fault): string {
  if (fault.do === "fail") return fault.times === 1 ? "fail once" : `fail ${fault.times} times`;
  if (fault.do !== "again") return `${fault.do} ${fault.what}`;
  if (fault.times === 2) return "deliver twice at once";
  return fault.afterMs > 0 ? "deliver late" : "deliver again";
}
