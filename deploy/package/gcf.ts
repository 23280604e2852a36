// The package's entry `loosely/gcf`: a function of a system, or all its edges, for the Functions Framework.

export type { DeployedEdges, DeployedFunction, Environment } from "../../adapters/core/host/deployed.ts";
export { deployedEdges, deployedFunction } from "../../adapters/core/host/system-parts.ts";
export { registerEdge, registerService } from "../../adapters/gcf/service.ts";
