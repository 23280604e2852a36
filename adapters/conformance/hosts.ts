import type { Host } from "./host.ts";
import { daprApp } from "./hosts/dapr-app.ts";
import { inProcess } from "./hosts/in-process.ts";
import { localSidecar } from "./hosts/local-sidecar.ts";

/** Every host of the report. A host of its own folder is added here and gets a test of its own there. */
export const hosts: readonly Host[] = [inProcess, daprApp, localSidecar];
