import { v5 } from "uuid";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";

/** 5b0dc1f0-6c5f-5c3c-9d43-8a7f0d0a1c11: parsing it at each start takes as long as loading a twentieth of a bundle. */
const NAMESPACE = Buffer.from("5b0dc1f06c5f5c3c9d438a7f0d0a1c11", "hex");

/** A UUIDv5 of several parts: the same parts, the same id, on every host. */
export const derivedId = (...parts: readonly (string | number)[]): string =>
  v5(Buffer.from(JSON.stringify(parts)), NAMESPACE);

/** Identifies an event. CloudEvents 1.0.2, 3.1.1: source + id is unique for each distinct event. */
export const eventKey = ({ source, id }: { readonly source: string; readonly id: string }): string =>
  derivedId(source, id);

/** The key of the document of one event. */
export const eventDocumentKey = (fn: FunctionDefinition, key: string): string => `${fn.name}-${key}`;

/** The key of the document of one subject. As a UUID, no subject can break a store's rules for keys. */
export const subjectDocumentKey = (fn: FunctionDefinition, subject: string): string =>
  `${fn.name}-${derivedId(subject)}`;
