import { describe, expect, it } from "vitest";
import type { Host } from "./host.ts";
import { groups, lackOf, runCase } from "./run-case.ts";

/** Runs every case on a host. A case that needs what the host declares to lack is skipped, with the reason in its title. */
export function describeConformance(host: Host): void {
  describe(`conformance of ${host.name}`, () => {
    for (const { title, cases } of groups) {
      describe(title, () => {
        for (const each of cases) {
          const lack = lackOf(host, each);
          const reason = lack === undefined ? "" : ` (no ${lack}: ${host.lacks[lack]})`;
          it.skipIf(lack !== undefined)(`${each.name}${reason}`, async () => {
            expect(await runCase(host, each)).toEqual([]);
          });
        }
      });
    }
  });
}
