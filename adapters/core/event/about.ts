import type { Message } from "./decode.ts";
import { isObject, textIn } from "./json.ts";

/** What a message says of the event in it, also where the event is refused. Of an envelope of Dapr's: of the event inside. */
export interface About {
  readonly specversion?: string;
  readonly type?: string;
  readonly source?: string;
  readonly id?: string;
  readonly replayfor?: string;
  /** Whether it is a dead letter, which has a passport beside the event, or one that is replayed. */
  readonly isLetter?: boolean;
  /** Whether it is in such an envelope. */
  readonly isSent?: boolean;
}

/** Parses in some tens of milliseconds; an envelope of Dapr's around 8 MiB, the most that may be set for an event, has less. */
const MOST_BYTES = 12 * 1024 * 1024;
/** Of envelopes in each other. */
export const MOST_OPENINGS = 2;

/**
 * What Dapr calls an event whose publisher named no type, and every event of a subscription with rawPayload.
 *
 * source  dapr/components-contrib, pubsub/envelope.go: DefaultCloudEventType
 */
export const SENT = "com.dapr.event.sent";

/** What an envelope says, as far as it is text: nothing for what is no object. Never throws. */
export function aboutValue(value: unknown, openings = MOST_OPENINGS): About {
  if (!isObject(value) || openings < 0) return {};
  const {
    specversion,
    type,
    source,
    id,
    deadcode,
    replayof,
    replayfor,
    data,
    data_base64: base64,
  } = value as Readonly<Record<string, unknown>>;
  if (type !== SENT) {
    const isLetter = typeof (deadcode ?? replayof) === "string";
    return { ...textsOf({ specversion, type, source, id, replayfor }), ...(isLetter ? { isLetter } : {}) };
  }
  const body =
    typeof base64 === "string" ? Buffer.from(base64, "base64") : Buffer.from(typeof data === "string" ? data : "");
  const inner = typeof data === "object" ? aboutValue(data, openings - 1) : aboutBody(body, openings - 1);
  // Other JSON in it may have a type, too: that is no event's.
  return { ...(inner.specversion === undefined ? {} : inner), ...textsOf({ specversion }), isSent: true };
}

/** The same of a body in structured mode: nothing for what is no JSON, or larger than 12 MiB. */
export function aboutBody(body: Uint8Array, openings = MOST_OPENINGS): About {
  if (body.byteLength > MOST_BYTES) return {};
  try {
    return aboutValue(JSON.parse((textIn(body) ?? "").replace(/^\ufeff/, "")), openings);
  } catch {
    return {};
  }
}

/** The same of a message in whatever mode. */
export function aboutMessage({ headers, body, coding }: Message): About {
  if (headers["ce-specversion"] === undefined) return aboutBody(body);
  const said = Object.fromEntries(
    ["specversion", "type", "source", "id", "replayfor"].map((name) => {
      const header = headers[`ce-${name}`];
      return [name, header && textOf(String(header), coding)];
    }),
  );
  return said.type === SENT ? { ...aboutBody(body, MOST_OPENINGS - 1), isSent: true } : textsOf(said);
}

function textOf(header: string, coding: Message["coding"]): string | undefined {
  try {
    return coding ? coding.toText("header", header) : header;
  } catch {
    return undefined;
  }
}

const textsOf = (members: Readonly<Record<string, unknown>>): About =>
  Object.fromEntries(Object.entries(members).filter(([, member]) => typeof member === "string" && member !== ""));
