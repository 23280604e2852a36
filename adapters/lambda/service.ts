import { begin, type DeployedAlone } from "../core/host/deployed.ts";
import { parseLambdaConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { createConsumer } from "./receive.ts";

/** One function as a Lambda handler. throws: Error that names every fault of the environment. */
export function createService<Effects>(deployed: DeployedAlone<Effects>, env = process.env) {
  const ports = createPorts(parseLambdaConfig(env), deployed);
  return createConsumer(begin(deployed, env), ports);
}
