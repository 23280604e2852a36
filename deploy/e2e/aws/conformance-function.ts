import { appendFileSync, readFileSync } from "node:fs";
import type { SQSEvent } from "aws-lambda";
import { withFaults } from "../../../adapters/conformance/faults.ts";
import { createHandlers } from "../../../adapters/conformance/handlers.ts";
import { DEADLINE_MS, LEASE_MS, type Setup } from "../../../adapters/conformance/host.ts";
import type { TraceEntry } from "../../../adapters/conformance/trace.ts";
import { parseLambdaConfig } from "../../../adapters/lambda/config.ts";
import type { Invocation } from "../../../adapters/lambda/invocation.ts";
import { createPorts } from "../../../adapters/lambda/ports.ts";
import { createConsumer } from "../../../adapters/lambda/receive.ts";
import { system } from "../../../functions/index.ts";

const eventTypes = system.events.map(({ type }) => type);

/** What the function is to be, read at each invocation, so that one process serves many cases. */
export interface Control {
  /** Another one: begin anew. */
  readonly generation: string;
  readonly setup: Setup;
  readonly table: string;
  readonly traceFile: string;
  /** How far the clock has jumped. */
  readonly jumpedMs: number;
}

const read = (): Control => JSON.parse(readFileSync(process.env.CONTROL_FILE ?? "", "utf8"));

let current: { readonly generation: string; readonly consume: ReturnType<typeof createConsumer> } | undefined;

function begin({ generation, setup, table, traceFile }: Control) {
  const trace = (entry: TraceEntry) => appendFileSync(traceFile, `${JSON.stringify(entry)}\n`);
  const now = () => Date.now() + read().jumpedMs;
  const { topics, faults = [], deadlineMs = DEADLINE_MS, handler: name } = setup;
  const config = { ...parseLambdaConfig({ ...process.env, LEDGER_TABLE: table }), topics };
  const ports = { ...createPorts(config, { eventTypes, clock: { now } }), deadlineMs, leaseMs: LEASE_MS };
  current = { generation, consume: createConsumer(createHandlers(trace)[name], withFaults(ports, { faults, trace })) };
  return current;
}

export const handler = (event: SQSEvent, context: Invocation) => {
  const control = read();
  const { consume } = current?.generation === control.generation ? current : begin(control);
  return consume(event, context);
};
