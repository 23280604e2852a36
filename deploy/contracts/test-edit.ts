import * as v from "valibot";
import { defineEvent } from "../../functions/kernel/define.ts";
import type { Direction } from "./compare.ts";
import { schemaOf } from "./json-schema.ts";
import type { Schema } from "./keywords.ts";

/** A change of a schema, and what somebody who knows what it means says that it breaks. */
export interface Edit {
  readonly edit: string;
  readonly old: Schema;
  readonly now: Schema;
  readonly breaks: readonly Direction[];
  /** Where it is seen. */
  readonly path: string;
}

const schemaFor = (data: v.GenericSchema): Schema =>
  schemaOf(defineEvent({ type: "com.example.edited.v1", data, subject: () => "s" })) as Schema;

export const edit = (
  edit: string,
  [old, now]: readonly [v.GenericSchema, v.GenericSchema],
  { breaks, path }: Pick<Edit, "breaks" | "path">,
): Edit => ({ edit, old: schemaFor(old), now: schemaFor(now), breaks, path });

export const plain = (
  edit: string,
  [old, now]: readonly [Schema, Schema],
  { breaks, path }: Pick<Edit, "breaks" | "path">,
): Edit => ({ edit, old, now, breaks, path });

export const field = (schema: v.GenericSchema) => v.object({ id: v.string(), it: schema });
export const text = (most: number, least = 0) => v.pipe(v.string(), v.minLength(least), v.maxLength(most));
export const BOTH = ["backward", "forward"] as const;
export const at = (path: string, ...breaks: readonly Direction[]) => ({ breaks, path });
