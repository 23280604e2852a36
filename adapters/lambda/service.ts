import type { Effects } from "../../functions/index.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { createDummyEffects } from "../core/host/effects.ts";
import { parseLambdaConfig } from "./config.ts";
import { createConsumer } from "./consumer.ts";
import { createPorts } from "./ports.ts";

/** One function as a Lambda handler. throws: Error that names every fault of the environment. */
export function createService(create: (effects: Effects) => FunctionDefinition, env = process.env) {
  const config = parseLambdaConfig(env);
  return createConsumer(create(createDummyEffects({ log: config.effectsLog })), createPorts(config));
}

/** The same of a function that does nothing to the world: no effect is in its bundle. */
export function createPureService(fn: FunctionDefinition, env = process.env) {
  return createConsumer(fn, createPorts(parseLambdaConfig(env)));
}
