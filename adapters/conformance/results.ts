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

/** Groups × hosts, and below it what each host lacks and why. */
export function toMarkdown(results: readonly Result[], hosts: readonly Host[]): string {
  const of = (group: string, host: string) => results.filter((one) => one.group === group && one.host === host);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const names = hosts.map(({ name }) => name);
  const total = names.map((name) => cellOf(results.filter(({ host }) => host === name)));
  const reasons = hosts.flatMap(({ name, lacks }) => {
    const used = Object.entries(lacks).filter(([feature]) =>
      results.some(({ host, lack }) => host === name && lack === feature),
    );
    return used.length === 0 ? [] : [`- ${name}: ${used.map(([feature, why]) => `no ${feature} (${why})`).join("; ")}`];
  });
  return [
    row(["cases", ...names]),
    row(["---", ...names.map(() => "---")]),
    ...groups.map(({ title }) => row([title, ...names.map((name) => cellOf(of(title, name)))])),
    row(["**all**", ...total.map((cell) => `**${cell}**`)]),
    "",
    "What does not reach the full number needs what the host does not have:",
    "",
    ...reasons,
  ].join("\n");
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
