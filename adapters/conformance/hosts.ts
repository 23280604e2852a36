import { hosts as daprApps } from "../dapr/conformance.ts";
import { hosts as functions } from "../gcf/conformance.ts";
import { hosts as lambdas } from "../lambda/conformance.ts";
import type { Host } from "./host.ts";
import { inProcess } from "./hosts/in-process.ts";
import { localSidecar, localSidecarInBulk } from "./hosts/local-sidecar.ts";

/** Every host of the report. Each has a test of its own in its folder. */
export const hosts: readonly Host[] = [
  inProcess,
  ...daprApps,
  localSidecar,
  localSidecarInBulk,
  ...functions,
  ...lambdas,
];
