import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { DEAD_LETTERS } from "../../core/dispatch/dead-letter.ts";
import { toLine } from "../../core/dispatch/outcome.ts";
import { letterDigest, parseLetter } from "../../core/dispatch/replayed.ts";
import { isSealed } from "../../core/dispatch/seal.ts";
import { isObject } from "../../core/event/json.ts";
import { toInstant } from "../../core/event/timestamp.ts";
import { STRUCTURED } from "../sidecar-client.ts";

/** A dead letter, without its data. */
export interface Letter {
  /** SHA-256 of its bytes, hexadecimal. */
  readonly digest: string;
  readonly eventId: string;
  readonly type: string;
  readonly source?: string;
  /** Where it died. Left out, as `topic`: nobody knows. */
  readonly function?: string;
  readonly code: string;
  readonly reason: string;
  readonly topic?: string;
  /** RFC 3339: when it died, or was kept. */
  readonly time: string;
  /** What it says of itself was written by this deployment. */
  readonly isSealed: boolean;
  readonly bytes: number;
  readonly isWhole: boolean;
}

/** What its sidecar has held, as it was on the broker. */
export interface Delivered {
  readonly bytes: Buffer;
  /** There was more, which nobody has taken. */
  readonly overflow?: { readonly length: number; readonly sha256: string } | undefined;
}

interface ReadOptions {
  /** Of the deployment. Left out: no letter is known to be its own. */
  readonly secret?: string | undefined;
  /** ms since the epoch. */
  readonly now: number;
}

const MOST_CHARACTERS = 1_000;
const NAME_CHARACTERS = 200;

/** What the digest of a letter is made of, and its event's, as a message of HTTP. */
export const asMessage = (bytes: Buffer) => ({ headers: { "content-type": STRUCTURED }, body: bytes });

/** Reads what lies on the topic of dead letters, whatever it is: a letter of ours, one of a sidecar's, or junk. */
export function toLetter({ bytes, overflow }: Delivered, { secret, now }: ReadOptions): Letter {
  const told = toFields(bytes);
  const fields = told ?? {};
  const held = {
    digest: overflow?.sha256 ?? letterDigest(bytes),
    eventId: named(fields.id) ?? "(none)",
    type: named(fields.type) ?? "(no event)",
    ...given("source", named(fields.source)),
    bytes: overflow?.length ?? bytes.byteLength,
    isWhole: overflow === undefined && fields.deadlength === undefined,
  };
  if (typeof fields.deadcode !== "string")
    return {
      ...held,
      ...ofSidecar(told, { isCut: overflow !== undefined, now }),
      ...given("topic", topicIn(fields.topic)),
      time: new Date(now).toISOString(),
      isSealed: false,
    };
  return {
    ...held,
    ...given("function", named(fields.deadfunction)),
    code: toLine(fields.deadcode, NAME_CHARACTERS),
    reason: toLine(String(fields.deadreason ?? ""), MOST_CHARACTERS),
    ...given("topic", topicIn(fields.deadtopic)),
    time: timeIn(fields.deadtime) ?? new Date(now).toISOString(),
    isSealed: secret !== undefined && isOurs(bytes, secret),
  };
}

/** What no service of ours has written: a sidecar could not deliver it, or somebody has published it there. */
function ofSidecar(fields: Fields | undefined, { isCut, now }: { readonly isCut: boolean; readonly now: number }) {
  if (isCut) return { code: "size", reason: "is longer than any letter: its beginning is kept" };
  if (!fields) return { code: "json", reason: "is no object in JSON: its sidecar could deliver it to nobody" };
  const { specversion, expiration } = fields;
  if (specversion === undefined)
    return { code: "unknown", reason: "is no CloudEvent: its sidecar gave it up, or somebody has put it here" };
  if (typeof expiration === "string" && toInstant(expiration) <= now)
    return { code: "expired", reason: `expired at ${expiration}: sidecars deliver it to nobody` };
  return { code: "redelivered-out", reason: "its sidecar gave it up: no service said that it had taken it" };
}

function isOurs(bytes: Buffer, secret: string): boolean {
  try {
    return isSealed(parseLetter(asMessage(bytes)), secret);
  } catch {
    return false;
  }
}

type Fields = Readonly<Partial<Record<keyof CloudEvent | string, unknown>>>;

/** out: undefined for what is no object in JSON */
function toFields(bytes: Buffer): Fields | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isObject(value) && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const named = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? toLine(value, NAME_CHARACTERS) : undefined;

/** A sidecar writes into each event where it was published last. */
function topicIn(value: unknown): string | undefined {
  const topic = named(value);
  return topic === "none" || topic === DEAD_LETTERS ? undefined : topic;
}

const timeIn = (value: unknown): string | undefined =>
  typeof value === "string" && !Number.isNaN(toInstant(value)) ? value : undefined;

const given = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as Partial<Record<Name, string>>;
