import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { parseLambdaConfig } from "./config.ts";
import { handleHttp } from "./http.ts";
import { createPorts } from "./ports.ts";

/** The public edge as a Lambda handler. throws: Error that names every fault of the environment. */
export function createEdge(env = process.env) {
  const ports = createPorts(parseLambdaConfig(env));
  return (event: APIGatewayProxyEventV2) => handleHttp(event, ports);
}
