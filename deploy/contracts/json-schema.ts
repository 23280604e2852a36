import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { EventType } from "../../functions/kernel/define.ts";
import { inputOf, textOf } from "./input.ts";

type TypeName = "string" | "number" | "integer" | "boolean" | "object" | "array" | "null";

/** As much of JSON Schema draft-07 as schemas of event types come to. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly type?: TypeName | readonly TypeName[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly multipleOf?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly contentEncoding?: string;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly additionalItems?: JsonSchema | boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  /** It is about a person. */
  readonly "x-personal"?: true;
  /** Rules that the keywords above cannot say, in the order in which they are held. */
  readonly "x-rules"?: readonly string[];
}

/**
 * What a sender may write as data of an event type, before defaults and transforms.
 *
 * out     JSON Schema draft-07 without `$schema`; `$ref` only where a schema holds itself, to `#/$defs/…` of what is returned
 * throws  Error naming the event type for a schema of another vendor than valibot, and for what no JSON is: a Date
 */
export function schemaOf({ type, schema }: EventType): JsonSchema {
  const { vendor } = schema["~standard"];
  if (vendor !== "valibot")
    throw new Error(`${type}: data: must have a schema of valibot to be said as JSON Schema, has one of ${vendor}`);
  try {
    const { $schema: _, ...converted } = toJsonSchema(inputOf(schema as unknown as v.GenericSchema), {
      target: "draft-07",
      overrideAction: ({ valibotAction, jsonSchema, errors }) =>
        errors ? withRule(jsonSchema, valibotAction) : undefined,
      overrideSchema: ({ valibotSchema, jsonSchema, errors }) => errors && elsewise(jsonSchema, valibotSchema),
    });
    // Of its own: lists in it are those of the schema.
    return JSON.parse(JSON.stringify(converted)) as JsonSchema;
  } catch (error) {
    throw new Error(`${type}: data: ${(error as Error).message}`, { cause: error });
  }
}

type Converted = ReturnType<typeof toJsonSchema>;

/** A rule that the library cannot say. */
function withRule(schema: Converted, action: Parameters<typeof textOf>[0]): Converted {
  const { allOf = [], pattern } = schema;
  if (action.type === "regex" && pattern !== undefined)
    return { ...schema, allOf: [...allOf, { pattern: (action.requirement as RegExp).source }] };
  return withText(schema, textOf(action));
}

const withText = (schema: Converted, text: string): Converted =>
  ({ ...schema, "x-rules": [...((schema as JsonSchema)["x-rules"] ?? []), text] }) as Converted;

/** A schema that the library cannot say. Left out: nor can we. */
function elsewise(schema: Converted, { type, expects }: v.GenericSchema): Converted | undefined {
  // Of whatever kind its keys are: they are names.
  if (type === "record") return schema;
  // Integers beyond 2^53 are read as such, and no others.
  if (type === "bigint") return withText({ type: "integer" }, "must be beyond 2^53");
  return type === "custom" ? withText({}, `must be ${expects}`) : undefined;
}
