/**
 * What hardly an event needs. A bundle may leave it out until the first of them comes, and may then have a second copy of every
 * module beneath it: nothing here may keep anything for the process, or ask of which class an error is.
 */

export { fromStored } from "../ledger/entry.ts";
export { tidy } from "../ledger/tidy.ts";
export { relay } from "../relay/relay.ts";
export { sayAgain } from "../relay/say-again.ts";
export { bury } from "./bury.ts";
export { Fault, tellFault, toStack } from "./stack.ts";
