import { hash } from "node:crypto";
import { stringifyJson } from "./json.ts";

/**
 * Tells whether two events say the same, whoever re-serialised them: keys in order, nothing of the envelope that
 * intermediaries may rewrite.
 */
export const digestOf = (type: string, subject: string, data: unknown): string =>
  hash("sha256", stringifyJson([type, subject, isInOrder(data) ? data : inOrder(data)]), "base64url");

/** As sidecars write it: then nothing has to be copied. Looks at each value once, and so must `inOrder`: data nests 64 deep. */
function isInOrder(value: unknown): boolean {
  if (value === null || typeof value !== "object") return true;
  if (value instanceof Uint8Array) return false;
  if (Array.isArray(value)) return value.every(isInOrder);
  const fields = value as Record<string, unknown>;
  let before = "";
  for (const key in fields) {
    if (key < before || !isInOrder(fields[key])) return false;
    before = key;
  }
  return true;
}

function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(inOrder);
  const fields = value as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(fields).sort()) ordered[key] = inOrder(fields[key]);
  return ordered;
}
