import { hash } from "node:crypto";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { fromUnlabelled } from "./data.ts";
import { isObject, stringifyJson } from "./json.ts";
import { charsetOf, essenceOf, isJson, isText } from "./media-type.ts";

/** The digest of an event, the same in every mode that it may be sent in. */
export const digestOfEvent = (subject: string, { type, data, datacontenttype }: CloudEvent): string =>
  digestOf(type, subject, inAnyMode(data, datacontenttype));

/**
 * Binary mode knows no empty text and no bytes apart from nothing, and bytes without a type from JSON no more than text in
 * another charset from that text.
 */
function inAnyMode(data: unknown, contentType: string | undefined): unknown {
  const essence = contentType === undefined ? "" : essenceOf(contentType);
  if (data === "" && contentType !== undefined && !isJson(essence)) return undefined;
  if (!(data instanceof Uint8Array)) return data;
  if (data.byteLength === 0) return undefined;
  if (contentType === undefined) return fromUnlabelled(data);
  return isText(essence) ? inCharset(data, charsetOf(contentType)) : data;
}

/** Bytes that are none of its characters are but bytes, and so are those of a charset that nobody knows. */
function inCharset(bytes: Uint8Array, charset: string | undefined): unknown {
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/**
 * Tells whether two events say the same, whoever re-serialised them: keys in order, nothing of the envelope that
 * intermediaries may rewrite.
 */
export const digestOf = (type: string, subject: string, data: unknown): string =>
  hash("sha256", stringifyJson([type, subject, isInOrder(data) ? data : inOrder(data)]), "base64url");

/** As sidecars write it: then nothing has to be copied. Looks at each value once, and so must `inOrder`: data nests 64 deep. */
function isInOrder(value: unknown): boolean {
  if (!isObject(value)) return true;
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
  if (!isObject(value)) return value;
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(inOrder);
  const fields = value as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(fields).sort()) ordered[key] = inOrder(fields[key]);
  return ordered;
}
