// The package's entry `loosely/testing`: runs functions in memory, as hosts do. It needs no test runner.

export { createHost, type Host } from "../../adapters/conformance/host.ts";
export { collect, type Result, toMarkdown, toText } from "../../adapters/conformance/results.ts";
export { dispatch } from "../../adapters/core/dispatch/dispatch.ts";
export type { Outcome } from "../../adapters/core/dispatch/outcome.ts";
export type { Delivery, Observation, Ports } from "../../adapters/core/dispatch/ports.ts";
export { type Flow, flow } from "../../adapters/core/flow.ts";
export { createFunctions } from "../../adapters/core/host/system-parts.ts";
export { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
