/**
 * Of every subscription of a function: the largest bulk, and what a sidecar waits for more, as daprd calls them. daprd looks at
 * what it has by a clock of that interval: the shorter it is the sooner a lone event is delivered, and the more often an idle
 * sidecar wakes.
 *
 * source  dapr/dapr 1.14, pkg/runtime/pubsub/default_bulksub.go, processBulkMessages
 */
export const BULK = { maxMessagesCount: 50, maxAwaitDurationMs: 5 } as const;
