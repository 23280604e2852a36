import { describe, expect, it } from "vitest";
import { toAlarms } from "./cloudwatch.ts";
import { toPolicies } from "./google.ts";
import { RULES } from "./rules.ts";

it("is one list, in which each rule is said somewhere, and once", () => {
  const names = RULES.flatMap(({ prometheus, cloudwatch, google }) => [
    prometheus?.alert,
    cloudwatch && `cloudwatch ${cloudwatch.name}`,
    google && `google ${google.name}`,
  ]).filter((name) => name !== undefined);
  expect(new Set(names).size).toBe(names.length);
  for (const { id, prometheus, cloudwatch, google } of RULES)
    expect([id, (prometheus ?? cloudwatch ?? google) !== undefined]).toEqual([id, true]);
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
});

it("tells of dead letters wherever something is deployed", () => {
  const rule = RULES.find(({ id }) => id === "dead-letters");
  expect(Object.keys(rule ?? {})).toEqual(expect.arrayContaining(["prometheus", "cloudwatch", "google"]));
});

type Series = readonly (number | undefined)[];

describe("CloudWatch: an alarm notifies whenever it goes off, and only then", () => {
  const things = { queues: ["billing"], functions: ["billing"], topics: ["orders"] };
  const [alarm] = toAlarms(things, ({ thing = "dead-letters" }) => thing).filter(({ name }) => name.startsWith("dead"));
  const { Metrics: metrics, ...properties } = (alarm?.properties ?? {}) as Readonly<Record<string, unknown>> & {
    readonly Metrics: readonly { readonly Id: string; readonly Expression?: string; readonly MetricStat?: object }[];
  };

  /**
   * The expression as metric math has it. source: CloudWatch, "Using math expressions": DIFF is each value less the one before, FILL
   * stands for what is missing
   */
  function at(minute: number, series: Readonly<Record<string, Series>>): number {
    const code = (metrics[0]?.Expression ?? "")
      .replaceAll(/FILL\((\w+), 0\)/g, "(m.$1[t] ?? 0)")
      .replace(/DIFF\((.+)\)(?= > 0, 1)/, "((t => $1)(t) - (t => $1)(t - 1))")
      .replace(/^IF\((.*), 1, 0\)$/, "($1) ? 1 : 0")
      .replace(" OR ", " || ");
    return new Function("t", "m", `return ${code};`)(minute, series) as number;
  }

  /** out: the minutes at which somebody is told. The first has none before it, and so no difference: it is missing */
  function notified(series: Readonly<Record<"sent" | "visible" | "hidden", Series>>): readonly number[] {
    const states = series.visible.map((_, minute) => minute > 0 && at(minute, series) > Number(properties.Threshold));
    return states.flatMap((isOff, minute) => (isOff && !states[minute - 1] ? [minute] : []));
  }

  const none = (length: number): Series => Array.from({ length }, () => undefined);

  it.each([
    [
      "the first letter of ours, and the second while the first still lies there",
      { sent: [0, 0, 1, 0, 0, 0, 1, 0, 0], visible: [0, 0, 1, 1, 1, 1, 2, 2, 2], hidden: none(9) },
      [2, 6],
    ],
    [
      "the first that SQS itself gives up, and the second: they are not counted as sent",
      { sent: none(9), visible: [0, 0, 1, 1, 1, 1, 2, 2, 2], hidden: none(9) },
      [2, 6],
    ],
    [
      "the first of a queue that was never used",
      { sent: none(6), visible: [undefined, undefined, undefined, 1, 1, 1], hidden: none(6) },
      [3],
    ],
    [
      "nobody, where somebody only looks at letters, or takes them out",
      { sent: none(8), visible: [3, 3, 0, 0, 3, 2, 1, 0], hidden: [0, 0, 3, 3, 0, 0, 0, 0] },
      [],
    ],
    [
      "a letter that comes while others are taken out",
      { sent: [0, 0, 0, 1, 0, 0], visible: [9, 9, 5, 2, 0, 0], hidden: none(6) },
      [3],
    ],
  ] as const)("tells of %s", (_what, series, minutes) => {
    expect(notified(series)).toEqual(minutes);
  });

  it("looks each minute, and is well where nothing is counted, so that it goes off again", () => {
    expect(properties).toMatchObject({ EvaluationPeriods: 1, TreatMissingData: "notBreaching" });
    expect(metrics).toMatchObject([
      { Id: "judged" },
      ...["sent", "visible", "hidden"].map((Id) => ({ Id, MetricStat: { Period: 60 }, ReturnData: false })),
    ]);
  });
});

describe("Google: an incident notifies when it begins, and another can only begin once it has ended", () => {
  interface Condition {
    readonly conditionThreshold: {
      readonly aggregations: readonly { readonly alignmentPeriod: string; readonly perSeriesAligner: string }[];
      readonly duration: string;
      readonly thresholdValue: number;
      readonly evaluationMissingData: string;
    };
  }
  const policy = toPolicies().get("dead-letters") as { readonly conditions: readonly Condition[] };
  const seconds = (text = "") => Number(text.replace(/s$/, ""));

  /**
   * in      letters counted in each minute; undefined: nothing was written
   * out     the minutes at which an incident begins
   * source  Cloud Monitoring, "Alignment period and duration settings": the window slides by a minute
   */
  function begins({ conditionThreshold: condition }: Condition, counted: Series): readonly number[] {
    const [{ alignmentPeriod, perSeriesAligner } = { alignmentPeriod: "", perSeriesAligner: "" }] =
      condition.aggregations;
    expect(perSeriesAligner).toBe("ALIGN_DELTA");
    const width = seconds(alignmentPeriod) / 60;
    const lasts = seconds(condition.duration) / 60;
    const isOver = counted.map((_, minute) => {
      const window = counted.slice(Math.max(0, minute - width + 1), minute + 1).filter((one) => one !== undefined);
      // Without a point it is as if nothing were wrong: EVALUATION_MISSING_DATA_INACTIVE.
      return window.reduce((sum, one) => sum + one, 0) > condition.thresholdValue;
    });
    const isMet = isOver.map((_, minute) => isOver.slice(Math.max(0, minute - lasts), minute + 1).every(Boolean));
    return isMet.flatMap((met, minute) => (met && !isMet[minute - 1] ? [minute] : []));
  }

  it.each([
    ["the first letter and the second, each within two minutes", 0],
    ["the same where nothing is written while there is nothing", undefined],
  ])("tells of %s", (_what, nothing) => {
    const counted = Array.from({ length: 30 }, (_, minute) => (minute === 5 || minute === 20 ? 1 : nothing));
    for (const condition of policy.conditions) expect(begins(condition, counted)).toEqual([6, 21]);
  });

  it("ends where data stops, for which Google wants a duration of a minute at least", () => {
    for (const { conditionThreshold: condition } of policy.conditions) {
      expect(condition.evaluationMissingData).toBe("EVALUATION_MISSING_DATA_INACTIVE");
      expect(seconds(condition.duration)).toBeGreaterThanOrEqual(60);
    }
  });
});
