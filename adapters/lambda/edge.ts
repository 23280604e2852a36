import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { DEMO, edgeSource, HEADER, SECRET } from "../core/edge/edge-settings.ts";
import { beginEdges, type DeployedEdges, type Environment } from "../core/host/deployed.ts";
import { parseLambdaConfig } from "./config.ts";
import { handleHttp } from "./http.ts";
import { createPorts } from "./ports.ts";

/** The public edges as one Lambda handler. throws: Error that names every fault of the environment. */
export function createEdge<Effects>(deployed: DeployedEdges<Effects>, env: Environment = process.env) {
  const { EDGE_SECRET: secret = "", EDGE_DEMO: demo = "off", EDGE_PRINCIPAL: principal } = env;
  if (!SECRET.test(secret)) throw new Error(`EDGE_SECRET: must match ${SECRET}`);
  if (demo !== "on" && demo !== "off") throw new Error("EDGE_DEMO: must be off or on");
  if (principal !== undefined && !HEADER.test(principal))
    throw new Error("EDGE_PRINCIPAL: must be the name of a header");
  const isDemo = demo === "on";
  if (isDemo) process.stdout.write(`${JSON.stringify({ level: "warn", time: new Date().toISOString(), msg: DEMO })}\n`);
  const options = {
    edges: beginEdges(deployed, env),
    settings: { secret, isDemo, source: edgeSource(deployed) },
    principalHeader: principal?.toLowerCase(),
    ports: createPorts(parseLambdaConfig(env), deployed),
  };
  return (event: APIGatewayProxyEventV2) => handleHttp(event, options);
}
