import { DEMO, edgeSource } from "../core/edge/edge-settings.ts";
import { NO_SECRET } from "../core/host/common-config.ts";
import { ConfigError } from "../core/host/config-error.ts";
import { begin, beginEdges, type DeployedAlone, type DeployedEdges } from "../core/host/deployed.ts";
import { keepFault } from "../core/ledger/retention.ts";
import { parseGcfConfig } from "./config.ts";
import { registerEdges } from "./edge.ts";
import { warn } from "./log.ts";
import { createPorts } from "./ports.ts";
import { registerFunctions } from "./receive.ts";

/** Registers one function. Explains what is wrong with its environment and exits with 1. */
export function registerService<Effects>(name: string, deployed: DeployedAlone<Effects>): void {
  explained(name, () => {
    const config = parseGcfConfig(process.env);
    const ports = createPorts(config, deployed);
    const fn = begin(deployed, process.env);
    const fault = keepFault(fn, ports);
    if (fault) throw new ConfigError(fault);
    registerFunctions([fn], { ports, topicPrefix: config.topicPrefix });
  });
}

/** Registers the public edges, as one function. Explains what is wrong with its environment and exits with 1. */
export function registerEdge<Effects>(name: string, deployed: DeployedEdges<Effects>): void {
  explained(name, () => {
    const config = parseGcfConfig(process.env);
    const { principalHeader, ...edge } = config.edge;
    if (edge.secret === undefined && process.env.K_SERVICE !== undefined) throw new ConfigError(NO_SECRET);
    if (edge.isDemo) warn(DEMO);
    registerEdges(name, beginEdges(deployed, process.env), {
      ports: createPorts(config, deployed),
      settings: { ...edge, source: edgeSource(deployed) },
      principalHeader,
    });
  });
}

function explained(name: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: cannot start\n${error.message.replaceAll(/^/gm, "  ")}\n`);
    process.exit(1);
  }
}
