import type { Feature, Host } from "./host.ts";
import { groups, lackOf, runCase } from "./run-case.ts";

/** What became of one case on one host. */
export interface Result {
  readonly host: string;
  readonly group: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "not applicable";
  /** What the host lacks, if that is why. */
  readonly lack?: Feature;
  /** In words. */
  readonly wrong?: readonly string[];
}

type Run = (host: Host, each: Parameters<typeof runCase>[1]) => Promise<readonly string[]>;

/** in  run: how a case is run; left out, it is */
export async function collect(hosts: readonly Host[], run: Run = runCase): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const host of hosts) {
    for (const { title: group, cases } of groups) {
      for (const each of cases) {
        const result = { host: host.name, group, name: each.name };
        const lack = lackOf(host, each);
        if (lack) {
          results.push({ ...result, status: "not applicable", lack });
          continue;
        }
        const wrong = await run(host, each).catch((error: unknown) => [String(error)]);
        results.push({ ...result, status: wrong.length === 0 ? "passed" : "failed", wrong });
      }
    }
  }
  return results;
}

const count = (results: readonly Result[], status: Result["status"]): number =>
  results.filter((result) => result.status === status).length;

/** `22`: all pass. `9 of 15`: the others need what the host lacks. */
function cellOf(results: readonly Result[]): string {
  const failed = count(results, "failed");
  const passed = count(results, "passed");
  if (failed > 0) return `✗ ${failed} of ${results.length} fail`;
  if (passed === 0) return "–";
  return passed === results.length ? `✓ ${passed}` : `✓ ${passed} of ${results.length}`;
}

/** Hosts × groups, and below it what each host lacks and why. */
export function toMarkdown(results: readonly Result[], hosts: readonly Host[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rowOf = (name: string) => {
    const own = results.filter(({ host }) => host === name);
    const cells = groups.map(({ title }) => cellOf(own.filter(({ group }) => group === title)));
    return row([name, ...cells, `**${cellOf(own)}**`]);
  };
  return [
    row(["host", ...groups.map(({ title }) => title), "all"]),
    row(["---", ...groups.map(() => "---"), "---"]),
    ...hosts.map(({ name }) => rowOf(name)),
    "",
    "What is not run needs what the host does not have:",
    "",
    ...reasonsOf(results, hosts),
  ].join("\n");
}

/** One line a reason, with all the hosts that give it. */
function reasonsOf(results: readonly Result[], hosts: readonly Host[]): readonly string[] {
  const reasons = new Map<string, string[]>();
  for (const { name, lacks } of hosts) {
    for (const [feature, why] of Object.entries(lacks)) {
      if (!results.some(({ host, lack }) => host === name && lack === feature)) continue;
      const reason = `no \`${feature}\` (${why})`;
      reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
    }
  }
  const lines = Map.groupBy(reasons, ([, names]) => names.join("; "));
  return [...lines].map(([names, given]) => `- ${names}: ${given.map(([reason]) => reason).join("; ")}`);
}

const SIGN = { passed: "✓", failed: "✗", "not applicable": "–" } as const;

/** One line a case. */
export function toText(results: readonly Result[]): string {
  const lines = results.map(({ host, group, name, status, lack, wrong = [] }) => {
    const why = [lack === undefined ? [] : `no ${lack}`, ...wrong].flat();
    return [`${SIGN[status]} ${host}: ${group}: ${name}`, ...why.map((text) => `    ${text}`)].join("\n");
  });
  const summary = (["passed", "failed", "not applicable"] as const).map(
    (status) => `${count(results, status)} ${status}`,
  );
  return [...lines, "", summary.join(", ")].join("\n");
}
