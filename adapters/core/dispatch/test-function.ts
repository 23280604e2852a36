import * as v from "valibot";
import { defineEvent, defineFunction, type Handler, when } from "../../../functions/kernel/define.ts";
import { toEvent } from "./test-world.ts";

const define = (type: string, topic?: string) =>
  defineEvent({
    type,
    ...(topic === undefined ? {} : { topic }),
    data: v.object({ about: v.string() }),
    subject: ({ about }) => about,
  });

export const Heard = define("heard.v1", "in");
export const First = define("first.v1", "one");
export const Second = define("second.v1", "two");
/** Has no topic. */
export const Timer = define("timer.v1");
export const Undeclared = define("undeclared.v1", "three");

export type Handle = Handler<unknown, { readonly about: string }>;

interface FunctionOptions {
  readonly keeps?: "state" | "nothing";
  readonly exclusive?: boolean;
  readonly idempotent?: boolean;
}

/** For tests: a function called fn that hears one event type and may say two others. */
export const functionOf = (handle: Handle, options: FunctionOptions = {}) =>
  defineFunction<unknown>({ name: "fn", on: [when(Heard, handle)], emits: [First, Second], ...options });

/** For tests: an event for it. */
export const heard = toEvent(Heard({ about: "s" }));

export const sayBoth: Handle = ({ data }) => ({ emit: [First(data), Second(data)] });
