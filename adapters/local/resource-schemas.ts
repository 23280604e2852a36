import * as v from "valibot";
import { parseDuration } from "./duration.ts";

const text = v.pipe(v.string("must be a string"), v.nonEmpty("must not be empty"));
const duration = v.pipe(
  v.string("must be a duration such as 10s"),
  v.transform(parseDuration),
  v.number("must be a duration such as 10s or 1m30s"),
);
const count = v.pipe(
  v.number("must be a number"),
  v.integer("must be an integer"),
  v.minValue(-1, "must be -1 or more"),
);
const strings = v.record(v.string(), v.string("must be a string"));

/** What every Dapr resource has around its `spec`. An unknown field is an issue: ignored, it would promise what we do not do. */
const envelope = {
  metadata: v.looseObject({ name: text }, "must be an object with a name"),
  scopes: v.optional(v.array(text, "must be a list of app ids")),
};

/** A value may stand elsewhere, in a secret: nothing here needs those. */
const metadataItem = v.strictObject({
  name: text,
  value: v.optional(v.union([v.string(), v.number(), v.boolean()], "must be a string, a number or a boolean")),
  secretKeyRef: v.optional(v.looseObject({ name: text })),
  envRef: v.optional(text),
});

export const component = v.strictObject({
  ...envelope,
  apiVersion: v.literal("dapr.io/v1alpha1", "must be dapr.io/v1alpha1"),
  kind: v.literal("Component"),
  spec: v.strictObject({
    type: text,
    version: text,
    metadata: v.optional(v.array(metadataItem, "must be a list of name and value"), []),
    initTimeout: v.optional(duration),
    ignoreErrors: v.optional(v.boolean()),
  }),
  auth: v.optional(v.strictObject({ secretStore: v.optional(text) })),
});

/** A rule that matches everything is the same as a default route; CEL is not. */
const rule = v.strictObject({
  path: text,
  match: v.optional(v.literal("", "CEL rules are not supported: use routes.default")),
});

/** Left out, or 0: as daprd. */
const MOST_MESSAGES = 100;
const positive = v.pipe(
  v.number("must be a number"),
  v.integer("must be an integer"),
  v.minValue(0, "must be 0 or more"),
  v.maxValue(10_000, "must be 10000 or less"),
);

const bulkSubscribe = v.strictObject({
  enabled: v.boolean("must be true or false"),
  maxMessagesCount: v.optional(
    v.pipe(
      positive,
      v.transform((count) => count || MOST_MESSAGES),
    ),
    MOST_MESSAGES,
  ),
  maxAwaitDurationMs: v.optional(positive),
});

export const subscription = v.strictObject({
  ...envelope,
  apiVersion: v.literal("dapr.io/v2alpha1", "must be dapr.io/v2alpha1"),
  kind: v.literal("Subscription"),
  spec: v.strictObject({
    pubsubname: text,
    topic: text,
    routes: v.pipe(
      v.strictObject({
        default: v.optional(text),
        rules: v.optional(v.pipe(v.array(rule), v.maxLength(1, "must have at most one rule")), []),
      }),
      v.transform(({ default: fallback, rules }) => rules[0]?.path ?? fallback),
      v.string("must have a default route"),
      v.transform((path) => (path.startsWith("/") ? path : `/${path}`)),
    ),
    metadata: v.optional(strings, {}),
    deadLetterTopic: v.optional(text),
    bulkSubscribe: v.optional(bulkSubscribe),
  }),
});

const policyNames = { timeout: v.optional(text), retry: v.optional(text) };

export const resiliency = v.strictObject({
  ...envelope,
  apiVersion: v.literal("dapr.io/v1alpha1", "must be dapr.io/v1alpha1"),
  kind: v.literal("Resiliency"),
  spec: v.strictObject({
    policies: v.strictObject({
      timeouts: v.optional(v.record(v.string(), duration), {}),
      retries: v.optional(
        v.record(
          v.string(),
          v.strictObject({
            policy: v.optional(v.picklist(["constant", "exponential"], "must be constant or exponential"), "constant"),
            duration: v.optional(duration, "5s"),
            maxInterval: v.optional(duration, "60s"),
            maxRetries: v.optional(count, -1),
          }),
        ),
        {},
      ),
    }),
    targets: v.strictObject({
      components: v.optional(
        v.record(
          v.string(),
          v.strictObject({
            inbound: v.optional(v.strictObject(policyNames), {}),
            outbound: v.optional(v.strictObject(policyNames), {}),
          }),
        ),
        {},
      ),
    }),
  }),
});

/** Where a value breaks which rule. */
export function toFault(issue: v.BaseIssue<unknown>): string {
  const path = issue.path?.map(({ key }) => String(key)).join(".");
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const isMissing = /^(strict|loose)_object$/.test(issue.type) && issue.received === "undefined";
  const rule = isUnknown ? "is not supported by the local sidecar" : isMissing ? "is missing" : issue.message;
  return path ? `${path}: ${rule}` : rule;
}
