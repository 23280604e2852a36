import type { EventType, FunctionDefinition } from "../../functions/kernel/define.ts";
import { settle } from "../../functions/kernel/home.ts";
import type { System } from "../../functions/kernel/system.ts";
import { topicsIn } from "../generate/subscriptions.ts";
import { ENVELOPE, eventSchema, exampleOf } from "./envelope.ts";
import { type JsonSchema, schemaOf } from "./json-schema.ts";

export const HOSTS = ["dapr", "aws", "gcloud"] as const;

export interface AsyncApiOptions {
  /** Of what is described, in digits and dots. */
  readonly version: string;
  /** Valid data of event types. */
  readonly samples?: ReadonlyMap<EventType, unknown>;
  /** Left out: what is true on each of them. */
  readonly host?: (typeof HOSTS)[number] | undefined;
  /** What names of topics begin with on a cloud. Left out: the system's name and a hyphen. */
  readonly prefix?: string | undefined;
  /** A broker's address: kafka://broker.example.com:9092. */
  readonly server?: URL | undefined;
}

interface Reference {
  readonly $ref: string;
}

type Named<Value> = Readonly<Record<string, Value>>;

interface Channel {
  readonly address: string;
  readonly messages: Named<Reference>;
  readonly bindings?: Named<object>;
}

interface Operation {
  readonly action: "send" | "receive";
  readonly channel: Reference;
  readonly messages: readonly Reference[];
  /** The function. */
  readonly tags: readonly [{ readonly name: string }];
}

interface Message {
  /** The event type. */
  readonly name: string;
  readonly description?: string;
  readonly deprecated?: true;
  readonly correlationId: { readonly location: string };
  readonly payload: JsonSchema;
  readonly bindings?: Named<object>;
  readonly examples?: readonly { readonly name: string; readonly payload: unknown }[];
  readonly "x-audience"?: "others";
}

export interface AsyncApi {
  readonly asyncapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly defaultContentType: string;
  readonly servers?: Named<object>;
  readonly channels: Named<Channel>;
  readonly operations: Named<Operation>;
  readonly components: { readonly messages: Named<Message>; readonly schemas: Named<JsonSchema> };
}

const CONTENT_TYPE = "application/cloudevents+json";

/**
 * What a system hears and says over its broker, for those who do not read its code. Events without a topic are no part of it.
 *
 * throws  as schemaOf
 * source  AsyncAPI 3.1.0
 */
export function toAsyncApi(system: System<never>, options: AsyncApiOptions): AsyncApi {
  const { version, server } = options;
  const events = system.events.filter(({ topic }) => topic !== undefined);
  const keys = toKeys(events.map(({ type }) => type));
  const keyOf = ({ type }: EventType) => keys.get(type) as string;
  const functions = system.functions.map(({ definition }) => settle(definition, system));
  const on = (topic: string) => (event: EventType) => event.topic === topic;
  const channels = topicsIn(system).map((topic): [string, Channel] => {
    const messages = events
      .filter(on(topic))
      .map((event) => [keyOf(event), { $ref: `#/components/messages/${keyOf(event)}` }]);
    return [topic, { ...placeOf(topic, system, options), messages: Object.fromEntries(messages) }];
  });
  const operations = functions.flatMap(({ name, on: clauses, emits }) => {
    const heard = [...clauses.values()].map(({ event }) => event);
    const toOperations = (action: Operation["action"], types: readonly EventType[]) =>
      channels.flatMap(([topic]): [string, Operation][] => {
        const messages = types
          .filter(on(topic))
          .map((event) => ({ $ref: `#/channels/${topic}/messages/${keyOf(event)}` }));
        const operation: Operation = { action, channel: { $ref: `#/channels/${topic}` }, messages, tags: [{ name }] };
        return messages.length > 0 ? [[`${name}_${action}s_${topic}`, operation]] : [];
      });
    return [...toOperations("receive", heard), ...toOperations("send", [...emits.values()])];
  });
  const known: Known = { system, functions, options };
  return {
    asyncapi: "3.1.0",
    info: {
      title: system.name,
      version,
      description: `What ${system.name} hears and says: CloudEvents in structured mode.`,
    },
    defaultContentType: CONTENT_TYPE,
    ...(server ? { servers: toServers(server) } : {}),
    channels: Object.fromEntries(channels),
    operations: Object.fromEntries(operations),
    components: {
      messages: Object.fromEntries(events.map((event) => [keyOf(event), toMessage(event, keyOf(event), known)])),
      schemas: Object.fromEntries([
        [ENVELOPE_KEY, ENVELOPE],
        ...events.map((event) => [keyOf(event), dataSchema(event, keyOf(event))]),
      ]),
    },
  };
}

const ENVELOPE_KEY = "CloudEvent";
const schemaRef = (key: string): string => `#/components/schemas/${key}`;

/** Names of events as the document takes them for keys: an event of somebody else's comes as they call it. */
function toKeys(types: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set([ENVELOPE_KEY]);
  const keys = new Map<string, string>();
  for (const type of types) {
    const plain = type.replace(/[^\w.-]/g, "_");
    let key = plain;
    for (let more = 2; taken.has(key); more++) key = `${plain}_${more}`;
    taken.add(key);
    keys.set(type, key);
  }
  return keys;
}

/** What of a channel depends on its host. source: AsyncAPI bindings, "SNS", 0.1.0 */
function placeOf(topic: string, { name }: System<never>, { host, prefix = `${name}-` }: AsyncApiOptions) {
  if (host === "gcloud") return { address: `${prefix}${topic}` };
  if (host !== "aws") return { address: topic };
  const address = `${prefix}${topic}`;
  return { address, bindings: { sns: { name: address, ordering: { type: "standard" }, bindingVersion: "0.1.0" } } };
}

/** Its key orders the events of a subject. source: AsyncAPI bindings, "Kafka", 0.5.0 */
const KAFKA = {
  key: { type: "string", description: "The subject, or what stands for one of more than 128 characters." },
  bindingVersion: "0.5.0",
};

function toServers({ protocol, host, pathname }: URL): Named<object> {
  const path = pathname.length > 1 ? { pathname } : {};
  return { broker: { host, protocol: protocol.slice(0, -1), ...path } };
}

interface Known {
  readonly system: System<never>;
  /** At home in their system. */
  readonly functions: readonly FunctionDefinition[];
  readonly options: AsyncApiOptions;
}

function toMessage(event: EventType, key: string, { system, functions, options }: Known): Message {
  const { type, audience } = event;
  const sources = functions.filter(({ emits }) => emits.has(type)).map(({ source }) => source);
  const newer = system.events.find(({ upcast }) => upcast?.from === event);
  const sample = options.samples?.get(event);
  const [source = `${system.source}/example`] = sources;
  const example = sample === undefined ? undefined : exampleOf(event, sample, source);
  return {
    name: type,
    ...(newer ? { description: `It is understood as ${newer.type}.`, deprecated: true } : {}),
    correlationId: { location: "$message.payload#/correlationid" },
    payload: eventSchema(event, { sources, data: schemaRef(key), envelope: schemaRef(ENVELOPE_KEY) }),
    ...(options.host === "dapr" ? { bindings: { kafka: KAFKA } } : {}),
    ...(example === undefined ? {} : { examples: [{ name: "sample", payload: example }] }),
    ...(audience === undefined ? {} : { "x-audience": audience }),
  };
}

/** Of a schema that holds itself, what points to its root points to its place. */
const dataSchema = (event: EventType, key: string): JsonSchema =>
  JSON.parse(JSON.stringify(schemaOf(event)), (name, value) =>
    name === "$ref" && typeof value === "string" ? value.replace(/^#/, schemaRef(key)) : value,
  );
