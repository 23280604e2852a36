import { createHash } from "node:crypto";

/**
 * Tells whether two events say the same, whoever re-serialised them: keys in order, nothing of the envelope that
 * intermediaries may rewrite.
 */
export const digestOf = (type: string, subject: string, data: unknown): string =>
  createHash("sha256")
    .update(canonical([type, subject, data]))
    .digest("base64url");

function canonical(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("base64")}`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`;
}
