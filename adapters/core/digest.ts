import { hash } from "node:crypto";
import { stringifyJson } from "./json.ts";

/**
 * Tells whether two events say the same, whoever re-serialised them: keys in order, nothing of the envelope that
 * intermediaries may rewrite.
 */
export const digestOf = (type: string, subject: string, data: unknown): string =>
  hash("sha256", stringifyJson([type, subject, inOrder(data)]), "base64url");

/** out: the value itself where its keys are in order, as sidecars write them */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) {
    const elements = value.map(inOrder);
    return elements.every((element, index) => element === value[index]) ? value : elements;
  }
  const fields = value as Record<string, unknown>;
  let isOrdered = true;
  let before = "";
  for (const key in fields) {
    const field = fields[key];
    isOrdered = isOrdered && before <= key && inOrder(field) === field;
    before = key;
  }
  if (isOrdered) return value;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(fields).sort()) ordered[key] = inOrder(fields[key]);
  return ordered;
}
