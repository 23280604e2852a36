import { hash } from "node:crypto";
import { stringifyJson } from "./json.ts";

/**
 * Tells whether two events say the same, whoever re-serialised them: keys in order, nothing of the envelope that
 * intermediaries may rewrite.
 */
export const digestOf = (type: string, subject: string, data: unknown): string =>
  hash("sha256", stringifyJson([type, subject, inOrder(data)]), "base64url");

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(inOrder);
  const fields = value as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(fields).sort()) ordered[key] = inOrder(fields[key]);
  return ordered;
}
