// The package's entry `loosely/lambda`: a function of a system, or all its edges, as a handler.

export type { DeployedEdges, DeployedFunction, Environment } from "../../adapters/core/host/deployed.ts";
export { deployedEdges, deployedFunction } from "../../adapters/core/host/system-parts.ts";
export { createEdge } from "../../adapters/lambda/edge.ts";
export { createService } from "../../adapters/lambda/service.ts";
