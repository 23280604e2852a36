import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestAnswer } from "./test-app.ts";

/** What daprd 1.18.3 did on Redis, recorded, and how to hold something else against it. */

export interface PublishCase {
  readonly name: string;
  readonly method?: string;
  readonly pubsub?: string;
  readonly topic?: string;
  readonly contentType?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly delivered?: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

export interface DeliveryCase {
  readonly name: string;
  readonly answers: readonly TestAnswer[];
  readonly retries: boolean;
  readonly deadLetterTopic: boolean;
  readonly observed: { readonly deliveries: number; readonly deadLetters: number; readonly pending: number };
}

const readCases = <Case>(name: string): readonly Case[] => {
  const lines = readFileSync(join(import.meta.dirname, "fixtures", name), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
};
export const publishCases = readCases<PublishCase>("publish.jsonl");
export const deliveryCases = readCases<DeliveryCase>("deliveries.jsonl");

const ZERO = `00-${"0".repeat(32)}-${"0".repeat(16)}-00`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** out: keys in order, numbers as they are written. */
export const canonical = (json: string): unknown =>
  JSON.parse(json, ((_key: string, value: unknown, { source }: { source?: string }) => {
    if (typeof value === "number") return `number ${source}`;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as (key: string, value: unknown) => unknown);

/** Puts the recording's placeholders where chance or time decided. */
export function mask(body: string, recorded: string): unknown {
  const wanted = canonical(recorded) as Record<string, unknown>;
  const masked = Object.entries(canonical(body) as Record<string, unknown>).map(([name, value]) => {
    const placeholder = wanted[name];
    if (placeholder === "<uuid>" && UUID.test(String(value))) return [name, "<uuid>"];
    if (placeholder === "<time>" && TIME.test(String(value))) return [name, "<time>"];
    return [name, value];
  });
  return Object.fromEntries(masked);
}

export const headersOfInterest = (headers: Readonly<Record<string, unknown>>) => {
  const standard = ["content-type", "content-length", "pubsubname", "host", "connection"];
  const rest = Object.entries(headers).filter(([name]) => !standard.includes(name));
  return Object.fromEntries(rest.map(([name, value]) => [name, value === ZERO ? "<tp-zero>" : value]));
};
