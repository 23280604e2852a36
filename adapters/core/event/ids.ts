import { hash } from "node:crypto";
import type { FunctionDefinition } from "../../../functions/kernel/define.ts";

/** 5b0dc1f0-6c5f-5c3c-9d43-8a7f0d0a1c11 */
const NAMESPACE = Buffer.from("5b0dc1f06c5f5c3c9d438a7f0d0a1c11", "hex");

/**
 * A UUIDv5 of several parts: the same parts, the same id, on every host. By hand, since the package makes a hash object for
 * each: a sixteenth of what an event costs a service.
 *
 * source  RFC 9562, section 5.5
 */
export function derivedId(...parts: readonly (string | number)[]): string {
  const hex = hash("sha1", Buffer.concat([NAMESPACE, Buffer.from(JSON.stringify(parts))]), "hex");
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  const [low, mid, high] = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(13, 16)];
  return `${low}-${mid}-5${high}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What every broker takes for a key, also where it travels in a URL: 128 of Service Bus and Event Hubs, 1 KB of Pub/Sub. */
const MOST_KEY_CHARACTERS = 128;

/** What orders the events of one subject: itself, or what stands for one that is too long. */
export const keyOf = (subject: string): string =>
  subject.length <= MOST_KEY_CHARACTERS ? subject : derivedId(subject);

/** Identifies an event. CloudEvents 1.0.2, 3.1.1: source + id is unique for each distinct event. */
export const eventKey = ({ source, id }: { readonly source: string; readonly id: string }): string =>
  derivedId(source, id);

/** The key of the document of one event. */
export const eventDocumentKey = (fn: FunctionDefinition, key: string): string => `${fn.documents}-${key}`;

/** The key of the document of one subject. As a UUID, no subject can break a store's rules for keys. */
export const subjectDocumentKey = (fn: FunctionDefinition, subject: string): string =>
  `${fn.documents}-${derivedId(subject)}`;
