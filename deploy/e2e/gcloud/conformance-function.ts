import { appendFileSync, readFileSync } from "node:fs";
import { http } from "@google-cloud/functions-framework";
import { withFaults } from "../../../adapters/conformance/faults.ts";
import { createHandlers } from "../../../adapters/conformance/handlers.ts";
import { DEADLINE_MS, LEASE_MS, type Setup } from "../../../adapters/conformance/host.ts";
import type { TraceEntry } from "../../../adapters/conformance/trace.ts";
import { parseGcfConfig } from "../../../adapters/gcf/config.ts";
import { tameFramework } from "../../../adapters/gcf/framework.ts";
import { createPorts } from "../../../adapters/gcf/ports.ts";
import { answerDelivery } from "../../../adapters/gcf/receive.ts";
import { system } from "../../../functions/index.ts";

const eventTypes = system.events.map(({ type }) => type);

/** What the function is to be, read at each request, so that one process serves many cases. */
export interface Control {
  /** Another one: begin anew. */
  readonly generation: string;
  readonly setup: Setup;
  readonly database: string;
  readonly traceFile: string;
  /** How far the clock has jumped. */
  readonly jumpedMs: number;
}

const read = (): Control => JSON.parse(readFileSync(process.env.CONTROL_FILE ?? "", "utf8"));

let current: { readonly generation: string; readonly host: Parameters<typeof answerDelivery>[2] } | undefined;

function begin({ generation, setup, database, traceFile }: Control) {
  const trace = (entry: TraceEntry) => appendFileSync(traceFile, `${JSON.stringify(entry)}\n`);
  const now = () => Date.now() + read().jumpedMs;
  const { topics, faults = [], deadlineMs = DEADLINE_MS, handler } = setup;
  const config = { ...parseGcfConfig({ ...process.env, FIRESTORE_DATABASE: database }), topics };
  const ports = { ...createPorts(config, { eventTypes, clock: { now } }), deadlineMs, leaseMs: LEASE_MS };
  current = { generation, host: { fn: createHandlers(trace)[handler], ports: withFaults(ports, { faults, trace }) } };
  return current;
}

tameFramework();
http("conformance", (request, response) => {
  const control = read();
  const { host } = current?.generation === control.generation ? current : begin(control);
  return answerDelivery(request, response, host);
});
