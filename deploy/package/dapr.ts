// The package's entry `loosely/dapr`: a function of a system as a service behind a sidecar.

export type { DeployedFunction, Environment } from "../../adapters/core/host/deployed.ts";
export { deployedFunction } from "../../adapters/core/host/system-parts.ts";
export { runKeeper } from "../../adapters/dapr/keeper/service.ts";
export { runService } from "../../adapters/dapr/service.ts";
