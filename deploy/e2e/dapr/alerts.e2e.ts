import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { askPromtool, promtool } from "../../engines/promtool.ts";
import { readManifests } from "../../kubernetes/read.ts";
import { whyMissing } from "../tools/output.ts";

const missing = whyMissing("alerts by Prometheus's own tool", [promtool]);

const of = (pod: string, more = "") => `{namespace="shop",function="f",pod="${pod}"${more}}`;
const UNSAID = `loosely_unsaid_oldest_seconds${of("a")}`;
const PARKED = `loosely_parked${of("a")}`;
const [DUE, DUE_OF_OTHER] = [`loosely_due${of("a")}`, `loosely_due${of("b")}`];
const letters = (code: string) => `loosely_dead_letters_total${of("a", `,code="${code}"`)}`;
const STARTED = `process_start_time_seconds${of("a")}`;
const RETRIES = `loosely_retries_total${of("a", ',step="ledger"')}`;
const HANDLED = `loosely_events_total${of("a", ',type="t",outcome="handled"')}`;

/** What is scraped each minute, as promtool writes series, and how many of which alerts fire after how many minutes. */
const cases: readonly {
  readonly when: string;
  readonly series: Readonly<Record<string, string>>;
  readonly fires: Readonly<Record<number, Readonly<Record<string, number>>>>;
}[] = [
  {
    when: "all is well",
    series: { [UNSAID]: "0x60", [DUE]: "0x60", [PARKED]: "0x60", [HANDLED]: "0+9x60" },
    fires: { 10: {}, 60: {} },
  },
  {
    when: "a broker is away for a moment",
    series: { [UNSAID]: "0x10 20+60x6 0x40", [DUE]: "0x10 3x6 0x40", [PARKED]: "0x60" },
    fires: { 16: {}, 20: {}, 40: {} },
  },
  {
    when: "a broker stays away",
    series: { [UNSAID]: "0x10 60+60x40", [DUE]: "0x10 3x40", [PARKED]: "0x60" },
    fires: { 15: {}, 19: {}, 25: { LooselyUnsaid: 1 }, 50: { LooselyUnsaid: 1 } },
  },
  {
    when: "an event is parked, and done",
    series: { [PARKED]: "0x10 1x10 0x40", [DUE]: "0x10 1x10 0x40" },
    fires: { 15: {}, 21: {}, 40: {} },
  },
  {
    when: "more and more events stay parked",
    series: { [PARKED]: "0x10 1+1x50", [DUE]: "0x10 1+1x50" },
    fires: { 20: {}, 30: { LooselyParked: 1 }, 55: { LooselyParked: 1 } },
  },
  {
    when: "what is due becomes more and more",
    series: { [PARKED]: "0x90", [DUE]: "0x10 1+1x80" },
    fires: { 20: {}, 30: { LooselyDueGrows: 1 }, 80: { LooselyDueGrows: 1 } },
  },
  {
    when: "what is due stays as much, and becomes less",
    series: { [PARKED]: "0x60", [DUE]: "0x10 9x30 9-1x9 0x10" },
    fires: { 30: {}, 45: {}, 55: {} },
  },
  {
    when: "there is the first letter of all, and ten minutes later the second",
    series: { [letters("schema")]: "_x10 1x9 2x40", [DUE]: "0x80" },
    fires: { 9: {}, 12: { LooselyDeadLetters: 1 }, 18: {}, 22: { LooselyDeadLetters: 1 }, 30: {}, 55: {} },
  },
  {
    when: "a process has its first letter as soon as it has started",
    series: { [letters("schema")]: "_x10 1x40", [DUE]: "_x10 0x40", [STARTED]: "_x10 600x40" },
    fires: { 9: {}, 12: { LooselyDeadLetters: 1 }, 18: {}, 30: {} },
  },
  {
    when: "Prometheus looks again after it has not, and finds letters of long ago",
    series: { [letters("schema")]: "7x10 _x20 7x40", [DUE]: "0x10 _x20 0x40", [STARTED]: "0x10 _x20 0x40" },
    fires: { 9: {}, 32: {}, 34: {}, 50: {} },
  },
  {
    when: "a process dies, and the next has a letter",
    series: { [letters("schema")]: "3x10 1x40", [DUE]: "0x50", [STARTED]: "0x10 600x40" },
    fires: { 9: {}, 13: { LooselyDeadLetters: 1 }, 20: {} },
  },
  {
    when: "there are letters of two reasons",
    series: { [letters("schema")]: "_x10 1x20", [letters("size")]: "_x10 1x20", [DUE]: "0x30" },
    fires: { 12: { LooselyDeadLetters: 2 } },
  },
  {
    when: "nothing gets through",
    series: { [HANDLED]: "0+9x10 90x40", [RETRIES]: "0x10 0+9x40" },
    fires: { 13: {}, 25: { LooselyUnwell: 1 }, 45: { LooselyUnwell: 1 } },
  },
  {
    when: "some events fail, and others get through",
    series: { [HANDLED]: "0+9x50", [RETRIES]: "0x10 0+1x40" },
    fires: { 25: {}, 45: {} },
  },
  {
    when: "no process is left",
    series: { [DUE]: "0x10 stale", [PARKED]: "0x10 stale" },
    fires: { 10: {}, 14: {}, 18: { LooselyGone: 1 }, 200: { LooselyGone: 1 } },
  },
  {
    when: "one process of two has gone",
    series: { [DUE]: "0x10 stale", [DUE_OF_OTHER]: "0x60" },
    fires: { 20: {}, 60: {} },
  },
];

describe.skipIf(missing !== undefined)("the alerts on Kubernetes", () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-alerts-"));
  const rules = join(folder, "rules.yaml");
  beforeAll(() => {
    const [rule] = readManifests("components/alerts/alerts.yaml");
    writeFileSync(rules, stringify(rule?.spec));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("are rules that Prometheus takes", async () => {
    expect(await askPromtool(["check", "rules", rules])).toContain("SUCCESS: 6 rules found");
  });

  it.each(cases)("fire as they should when $when", async ({ series, fires }) => {
    const file = join(folder, "test.yaml");
    const test = {
      interval: "1m",
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: Object.entries(fires).map(([minutes, alerts]) => ({
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: `${minutes}m`,
        exp_samples: Object.entries(alerts).map(([name, value]) => ({ labels: `{alertname="${name}"}`, value })),
      })),
    };
    writeFileSync(file, stringify({ rule_files: [rules], evaluation_interval: "1m", tests: [test] }));
    expect(await askPromtool(["test", "rules", file])).toContain("SUCCESS");
  });
});
