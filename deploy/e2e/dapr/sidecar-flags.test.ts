import { expect, it } from "vitest";
import { TEST_SHUTDOWN } from "./overlay.ts";
import { shippedFlags, toFlags } from "./sidecar-flags.ts";

const shipped = {
  common: { resourcesPaths: ["resources"], placementHostAddress: "", appMaxConcurrency: 1, enableAppHealthCheck: true },
  annotations: { "dapr.io/app-port": "8080", "dapr.io/block-shutdown-duration": "30s" },
};

it("takes over whatever ships, so that a setting that comes back is in every test of a real sidecar", () => {
  expect(toFlags(shipped)).toEqual([
    "--app-max-concurrency=1",
    "--enable-app-health-check=true",
    "--dapr-block-shutdown-duration=30s",
  ]);
});

it("shortens what ships, and adds nothing to it", () => {
  expect(toFlags(shipped, { "dapr-block-shutdown-duration": "2s" })).toContain("--dapr-block-shutdown-duration=2s");
  expect(() => toFlags(shipped, { "app-health-threshold": "3" })).toThrow("app-health-threshold: does not ship");
});

it("finds one delivery at a time and no app health check in what ships, and the end of a sidecar shortened for tests", () => {
  expect(shippedFlags(TEST_SHUTDOWN)).toEqual([
    "--app-max-concurrency=1",
    "--dapr-block-shutdown-duration=2s",
    "--dapr-graceful-shutdown-seconds=5",
  ]);
});
