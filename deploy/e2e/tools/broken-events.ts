import type { CloudEvent } from "../../../functions/kernel/event.ts";

/** A message that never can be handled as it is, what it dies of, and what it should have been. */
export interface Broken {
  readonly name: string;
  /** What comes first, so that it breaks. */
  readonly before?: string;
  readonly body: string;
  /** `deadcode` of its letters. */
  readonly code: string;
  /** What their reason says. */
  readonly reason: RegExp;
  /** Whoever hears the topic cannot even read it. */
  readonly isIllegible?: boolean;
  /** Only while its effect fails (break-effects.mjs): `order.shipped` of this order. */
  readonly isHandlersFault?: boolean;
  /** Its id belongs to another event: mended, it has a new one (`--new-id`). */
  readonly isIdTaken?: boolean;
  /** The event as it can be handled. */
  readonly mended: CloudEvent;
}

/** What one function alone consumes: a letter each, and a mail once it is mended. */
export const BROKEN_TYPE = "com.example.order.shipped.v1";
export const BROKEN_TOPIC = "orders";
/** Who consumes it, and all who hear its topic. */
export const BROKEN_AT = { consumer: "notification", hearers: ["billing", "notification", "shipping"] } as const;

const DAY_MS = 86_400_000;

/**
 * Twelve kinds, each of an order of its own.
 *
 * in  run: makes ids of this run; now: ms since 1970
 */
export function createBroken(run: string, now: number): readonly Broken[] {
  const at = (days: number) => new Date(now + days * DAY_MS).toISOString();
  const event = (orderId: string, changes: Readonly<Record<string, unknown>> = {}) => ({
    specversion: "1.0",
    id: `${run}-${orderId}`,
    source: "/tests/broken",
    type: BROKEN_TYPE,
    subject: orderId,
    time: at(0),
    datacontenttype: "application/json",
    data: { orderId, customer: { name: "Ada Example", email: "ada@example.com" }, tracking: `t-${orderId}` } as unknown,
    ...changes,
  });
  const text = JSON.stringify;
  const kind = (
    name: string,
    [code, reason]: readonly [string, RegExp],
    breakIt: (orderId: string) => Omit<Broken, "name" | "code" | "reason" | "mended">,
  ): Broken => {
    const orderId = `${run}-${name.replaceAll(" ", "-")}`;
    return { name, code, reason, ...breakIt(orderId), mended: event(orderId) as CloudEvent };
  };
  const changed = (changes: (orderId: string) => Readonly<Record<string, unknown>>) => (orderId: string) => ({
    body: text(event(orderId, changes(orderId))),
  });
  return [
    kind(
      "field missing",
      ["schema", /data\.customer/],
      changed((orderId) => ({ data: { orderId, tracking: "t-1" } })),
    ),
    kind(
      "field of another kind",
      ["schema", /data\.tracking/],
      changed((orderId) => ({ data: { ...(event(orderId).data as object), tracking: 7 } })),
    ),
    kind(
      "no data",
      ["schema", /data/],
      changed(() => ({ data: undefined })),
    ),
    kind(
      "bytes that are no JSON",
      ["json", /data/],
      changed(() => ({ data: undefined, data_base64: Buffer.from("{").toString("base64") })),
    ),
    kind(
      "another subject",
      ["subject", /subject/],
      changed(() => ({ subject: `${run}-another` })),
    ),
    kind(
      "two months old",
      ["too-old", /time/],
      changed(() => ({ time: at(-60) })),
    ),
    kind(
      "of next week",
      ["too-new", /time/],
      changed(() => ({ time: at(7) })),
    ),
    kind(
      "no timestamp",
      ["attribute", /time/],
      changed(() => ({ time: "yesterday" })),
    ),
    kind(
      "nameless",
      ["attribute", /id/],
      changed(() => ({ id: "" })),
    ),
    kind("id used before", ["conflict", /id/], (orderId) => {
      const first = event(`${orderId}-first`, { id: `${run}-${orderId}` });
      return { before: text(first), body: text(event(orderId)), isIdTaken: true };
    }),
    kind("cut off", ["json", /JSON/], (orderId) => ({
      body: text(event(orderId)).slice(0, 60),
      isIllegible: true,
    })),
    kind("handler fails", ["exhausted", /failed on purpose/], (orderId) => ({
      body: text(event(orderId)),
      isHandlersFault: true,
    })),
  ];
}

/** What EFFECTS_LOG says of it, once it is handled. */
export const mailKeyOf = ({ mended }: Broken): string => `${mended.subject}/${BROKEN_TYPE}`;
