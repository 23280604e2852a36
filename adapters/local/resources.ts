import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { parseAllDocuments } from "yaml";
import { KEEPER } from "../../functions/kernel/system.ts";
import { parseDuration } from "./duration.ts";
import { isRaw } from "./envelope.ts";
import { checkReferences } from "./resource-checks.ts";
import { component, resiliency, subscription, toFault } from "./resource-schemas.ts";
import type { InboundPolicy, PubSub, Resources, StateComponent, Subscription } from "./resource-types.ts";

interface Found {
  readonly pubsubs: PubSub[];
  readonly stores: StateComponent[];
  readonly subscriptions: Subscription[];
  readonly inbound: InboundPolicy[];
  readonly ignored: string[];
  readonly faults: string[];
}

/**
 * Reads every YAML file that lies directly in the folders, as daprd does.
 *
 * throws  Error that lists all faults, each with its file, kind, name and field
 * source  Dapr, "Component / Subscription / Resiliency spec"
 */
export function loadResources(folders: readonly string[], appIds: readonly string[]): Resources {
  const found: Found = { pubsubs: [], stores: [], subscriptions: [], inbound: [], ignored: [], faults: [] };
  for (const folder of folders) {
    for (const file of readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort())
      readFile(join(folder, file), found);
  }
  found.faults.push(...checkReferences(found, appIds));
  if (found.faults.length > 0) throw new Error(`The resources are not usable:\n- ${found.faults.join("\n- ")}`);
  return found;
}

function readFile(file: string, found: Found): void {
  const documents = parseAllDocuments(readFileSync(file, "utf8"));
  if (!Array.isArray(documents)) return;
  const values = documents.map((document): unknown => {
    try {
      for (const error of document.errors) throw error;
      return document.toJS();
    } catch (error) {
      found.faults.push(`${file}: ${(error as Error).message}`);
      return undefined;
    }
  });
  for (const value of values) {
    if (typeof value === "object" && value !== null) readResource(value, { file, alone: values.length === 1, found });
  }
}

const isKeepers = (value: object): boolean => {
  const { scopes } = value as { readonly scopes?: unknown };
  return Array.isArray(scopes) && scopes.length === 1 && scopes[0] === KEEPER;
};

interface Place {
  readonly file: string;
  /** The only document of its file. */
  readonly alone: boolean;
  readonly found: Found;
}

function readResource(value: object, { file, alone, found }: Place): void {
  const { kind, apiVersion, metadata } = value as Record<string, unknown>;
  const name = (metadata as Record<string, unknown> | null | undefined)?.name;
  const where = `${file}: ${String(kind)} ${typeof name === "string" ? name : "(no name)"}`;
  const fault = (text: string) => found.faults.push(`${where}: ${text}`);
  const read = <Schema extends v.GenericSchema>(schema: Schema): v.InferOutput<Schema> | undefined => {
    const result = v.safeParse(schema, value);
    if (!result.success) result.issues.map(toFault).forEach(fault);
    return result.success ? result.output : undefined;
  };
  if (kind === "Component") {
    const output = read(component);
    if (output) addComponent(output, found, where);
  } else if (kind === "Subscription" && isKeepers(value)) {
    found.ignored.push(`${where}: is for ${KEEPER}, which is not needed here: letters are read where they lie`);
  } else if (kind === "Subscription") {
    const output = read(subscription);
    if (output) addSubscription(output, found, where);
  } else if (kind === "Resiliency") {
    // daprd reads the first document of such a file and none of the others.
    if (!alone) fault("must stand in a file of its own");
    const output = read(resiliency);
    if (output) addResiliency(output, found, where);
  } else if (kind === "Configuration") {
    found.ignored.push(`${where}: has no effect here (no spans are made; trace context is carried on)`);
  } else if (typeof apiVersion === "string" && apiVersion.startsWith("dapr.io/")) {
    fault("kind: is not supported by the local sidecar");
  } else {
    found.ignored.push(`${where}: is no resource of Dapr`);
  }
}

function addComponent({ metadata, scopes = [], spec }: v.InferOutput<typeof component>, found: Found, where: string) {
  const fault = (text: string) => found.faults.push(`${where}: ${text}`);
  const { name } = metadata;
  const { type, version } = spec;
  const values = new Map(
    spec.metadata.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, String(value)]])),
  );
  if ([...found.pubsubs, ...found.stores].some((other) => other.name === name))
    fault("metadata.name: is taken already");
  for (const item of spec.metadata) {
    if (READ_HERE.has(item.name) && item.value === undefined)
      fault(`spec.metadata.${item.name}: must be a plain value`);
  }
  if (type.startsWith("state.")) {
    const prefix = values.get("keyPrefix") ?? "appid";
    if (prefix !== "appid") fault(`spec.metadata.keyPrefix: must be appid, got ${prefix}`);
    if (values.has("outboxPublishPubsub"))
      fault("spec.metadata.outboxPublishPubsub: is not supported by the local sidecar");
    found.stores.push({ name, type, version, scopes });
  } else if (type.startsWith("pubsub.")) {
    const consumer = values.get("consumerID") ?? "{appID}";
    if (consumer !== "{appID}") fault(`spec.metadata.consumerID: must be {appID}, got ${consumer}`);
    const concurrency = Number(values.get("concurrency") ?? 10);
    if (!Number.isInteger(concurrency) || concurrency < 1)
      fault(`spec.metadata.concurrency: must be a number from 1 up, got ${values.get("concurrency")}`);
    const timeout = values.get("processingTimeout") ?? "60s";
    const processingTimeout = /^\d+$/.test(timeout) ? Number(timeout) : parseDuration(timeout);
    if (!processingTimeout) fault(`spec.metadata.processingTimeout: must be a duration above 0, got ${timeout}`);
    found.pubsubs.push({
      name,
      type,
      version,
      concurrency,
      processingTimeout: processingTimeout ?? 0,
      metadata: values,
      scopes,
    });
  } else {
    fault(`spec.type: must begin with pubsub. or state., got ${type}`);
  }
}

const READ_HERE = new Set([
  ...["keyPrefix", "consumerID", "concurrency", "processingTimeout"],
  ...["publishingScopes", "subscriptionScopes", "allowedTopics", "protectedTopics"],
]);

function addSubscription({ scopes = [], spec }: v.InferOutput<typeof subscription>, found: Found, where: string) {
  const fault = (text: string) => found.faults.push(`${where}: ${text}`);
  const { pubsubname: pubsub, topic, routes: path, deadLetterTopic } = spec;
  for (const name of Object.keys(spec.metadata))
    if (name.toLowerCase() !== "rawpayload") fault(`spec.metadata.${name}: is not supported by the local sidecar`);
  if (deadLetterTopic === topic) fault("spec.deadLetterTopic: must not be the topic itself");
  const raw = isRaw(new Map(Object.entries(spec.metadata)));
  const bulk = spec.bulkSubscribe?.enabled ? spec.bulkSubscribe.maxMessagesCount : undefined;
  if (bulk !== undefined && !raw)
    fault(
      'spec.bulkSubscribe: wants spec.metadata.rawPayload "true": without it a sidecar rounds integers beyond 2^53',
    );
  found.subscriptions.push({ where, pubsub, topic, path, deadLetterTopic, isRaw: raw, bulk, scopes });
}

function addResiliency({ scopes = [], spec }: v.InferOutput<typeof resiliency>, found: Found, where: string) {
  const fault = (text: string) => found.faults.push(`${where}: ${text}`);
  const { timeouts, retries } = spec.policies;
  for (const name of [...Object.keys(timeouts), ...Object.keys(retries)]) {
    if (/^Default.*Policy$/.test(name))
      fault(`spec.policies: ${name} is not supported by the local sidecar: use targets`);
  }
  for (const [name, directions] of Object.entries(spec.targets.components)) {
    for (const [direction, { timeout, retry }] of Object.entries(directions)) {
      const at = `spec.targets.components.${name}.${direction}`;
      if (timeout !== undefined && !Object.hasOwn(timeouts, timeout))
        fault(`${at}.timeout: must be in spec.policies.timeouts, got ${timeout}`);
      if (retry !== undefined && !Object.hasOwn(retries, retry))
        fault(`${at}.retry: must be in spec.policies.retries, got ${retry}`);
      if (direction === "outbound" && (timeout ?? retry) !== undefined)
        found.ignored.push(`${where}: ${at}: has no effect here (the broker is in this process)`);
    }
    const { timeout, retry } = directions.inbound;
    found.inbound.push({
      where,
      component: name,
      scopes,
      timeout: timeout === undefined ? undefined : timeouts[timeout],
      retry: retry === undefined ? undefined : retries[retry],
    });
  }
}
