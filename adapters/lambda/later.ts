/** What hardly an event needs on Lambda. What core's says of a second copy holds here as well. */
export * from "../core/dispatch/later.ts";
export { tellDue } from "./dynamodb-due.ts";
export { handleKinesis } from "./kinesis.ts";
export { handleRelay } from "./relay.ts";
