import type { Body, Happening, SystemView } from "../../api-types.ts";
import { maskText, parseJson, toJson } from "../masked.ts";
import { toLegible } from "./document.ts";

type Known = Pick<SystemView, "types" | "personalState"> | undefined;

/** Paths in an event's data. All of it, where its type is in no catalogue: nobody knows what is in it. */
export const personalIn = (system: Known, type: string | undefined): readonly string[] =>
  system?.types.find((one) => one.type === type)?.personal ?? [""];

/** Paths in a document, as `toLegible` shows it. */
export const personalInDocument = (system: Known, app: string | undefined): readonly string[] =>
  (system?.personalState[app ?? ""] ?? (system ? [] : [""])).map((path) => (path ? `state.${path}` : "state"));

/** An event as it was published: what it is, and what it says. */
export interface Envelope {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** JSON, or its bytes in base64. */
  readonly data?: string;
}

/** out: undefined for what is no event in JSON */
export function toEnvelope(text: string): Envelope | undefined {
  const event = parseJson(text)?.value;
  if (typeof event !== "object" || event === null || Array.isArray(event)) return undefined;
  const { data, data_base64: bytes, ...attributes } = event as Readonly<Record<string, unknown>>;
  const said = data === undefined ? bytes : data;
  return { attributes, ...(said === undefined ? {} : { data: toJson(said) }) };
}

/** What may leave the page: nothing of a person, and no bytes that nobody has looked into. */
export function withoutPersonal(body: Body, { kind, type, app }: Happening, system: Known): Body {
  if (kind === "saved") {
    const mask = (text: string) => {
      const legible = toLegible(text);
      return legible ? maskText(toJson(legible), personalInDocument(system, app)) : "not shown";
    };
    return { text: mask(body.text), ...(body.before === undefined ? {} : { before: mask(body.before) }) };
  }
  const paths = personalIn(system, type).map((path) => (path ? `data.${path}` : "data"));
  return { text: maskText(body.text, [...paths, "data_base64"]) };
}
