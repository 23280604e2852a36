import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Outcome, Step } from "../../adapters/core/dispatch/outcome.ts";
import { createMetrics } from "../../adapters/dapr/metrics.ts";
import { system } from "../../functions/index.ts";
import { readManifests } from "./read.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string };
}

const ROOT = join(import.meta.dirname, "../..");
const manifests = readManifests("components/alerts/alerts.yaml");
const rules: readonly Rule[] = manifests.flatMap(({ spec }) =>
  spec.groups.flatMap((group: { readonly rules: readonly Rule[] }) => group.rules),
);

const FAILING: readonly Step[] = ["ledger", "publish", "dead-letter"];
const OUTCOMES: readonly Outcome[] = [
  ...FAILING.map((code): Outcome => ({ kind: "retry", code, reason: "" })),
  ...(["handled", "duplicate"] as const).map((how): Outcome => ({ kind: "ack", how })),
  { kind: "dead", code: "schema", reason: "" },
];

/** What Prometheus reads of a service to which all of this has happened: the names of its metrics, and their labels with their values. */
async function exposed() {
  const [first] = system.functions;
  if (!first) throw new Error("there must be a function");
  const fn = first.definition;
  const metrics = createMetrics(fn);
  for (const outcome of OUTCOMES) metrics.observe({ functionName: fn.name, event: undefined, outcome, durationMs: 1 });
  const server = await metrics.serve({ host: "127.0.0.1", port: 0 });
  onTestFinished(server.close);
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  return {
    names: new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = ""]) => name)),
    labels: new Set([...text.matchAll(/(\w+)="[^"]*"/g)].map(([, label = ""]) => label)),
    values: new Set([...text.matchAll(/\w+="([^"]*)"/g)].map(([, value = ""]) => value)),
  };
}

const WORDS = new Set(["or", "unless", "and", "offset"]);

/** Of an expression of PromQL: metrics, and the labels that it selects or groups by. */
function partsOf(expr: string) {
  const groups = [...expr.matchAll(/\b(?:by|ignoring) \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
  const matchers = [...expr.matchAll(/(\w+)=~?"([^"]*)"/g)];
  const bare = expr.replaceAll(/\b(?:by|ignoring) \([^)]*\)|\{[^}]*\}|\[\w+\]|\boffset \w+/g, "");
  const words = [...bare.matchAll(/[a-z_]\w*\b(?!\s*\()/g)].map(([word]) => word);
  return {
    metrics: words.filter((word) => !WORDS.has(word)),
    labels: [...groups, ...matchers.map(([, label = ""]) => label)],
    values: matchers.flatMap(([, , value = ""]) => value.split("|")),
  };
}

it("is one rule of the Prometheus operator, taken by whoever takes what is of the shop", () => {
  expect(manifests.map(({ apiVersion, kind }) => [apiVersion, kind])).toEqual([
    ["monitoring.coreos.com/v1", "PrometheusRule"],
  ]);
  const [monitor] = readManifests("components/pod-monitor/pod-monitor.yaml");
  expect(manifests[0]?.metadata.labels).toEqual(monitor?.metadata.labels);
});

it("speaks of what cannot be said, is parked, is due, is dead, and of services that are unwell or gone", () => {
  expect(rules.map(({ alert }) => alert)).toEqual([
    "LooselyUnsaid",
    "LooselyParked",
    "LooselyDueGrows",
    "LooselyDeadLetters",
    "LooselyUnwell",
    "LooselyGone",
  ]);
});

describe.each(rules)("$alert", ({ alert, expr, labels, annotations: { summary, description } }) => {
  it("asks for metrics, labels and values that a service has", async () => {
    const { names, labels: theirs, values } = await exposed();
    const asked = partsOf(expr);
    expect(asked.metrics.length).toBeGreaterThan(0);
    expect(asked.metrics.filter((name) => !names.has(name))).toEqual([]);
    // The operator adds the namespace.
    expect(asked.labels.filter((label) => label !== "namespace" && !theirs.has(label))).toEqual([]);
    expect(asked.values.filter((value) => !values.has(value))).toEqual([]);
  });

  it("says of which function, how bad it is and what to do, in a page that is there", () => {
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(summary).toContain("{{ $labels.function }}");
    const pages = [...description.matchAll(/([\w/]+\.md)(?:, "([^"]+)")?/g)];
    expect(pages.length).toBeGreaterThan(0);
    for (const [, page = "", section] of pages) {
      expect(existsSync(join(ROOT, page))).toBe(true);
      if (section) expect(readFileSync(join(ROOT, page), "utf8")).toContain(`\n## ${section}\n`);
    }
  });

  it("is in the table of what to do", () => {
    const page = readFileSync(join(ROOT, "adapters/core/README.md"), "utf8");
    expect(page).toContain(`\n| \`${alert}\` | `);
  });
});
