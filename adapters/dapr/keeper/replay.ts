import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { toReplay } from "../../core/dispatch/replayed.ts";
import type { Message } from "../../core/event/decode.ts";
import { encodeStructured } from "../../core/event/encode.ts";
import { keyOf } from "../../core/event/ids.ts";
import type { CallOptions } from "../../core/ledger/ledger.ts";
import type { Publish } from "../../core/relay/publish.ts";
import { type Sidecar, toSidecarError } from "../sidecar-client.ts";
import { asMessage } from "./letter.ts";
import type { Kept } from "./letter-store.ts";

/** How an operator wants it. */
interface Told {
  /** Left out: where the letter says that it died, which only a seal proves. */
  readonly topic?: string | undefined;
  /** The event as it was edited. Left out: as it was. */
  readonly event?: Buffer | undefined;
}

/** Sends a letter's event again, to where it died. throws: Refused, or what the sidecar could not do */
export type Replaying = (kept: Kept, told: Told & CallOptions) => Promise<void>;

interface ReplayingOptions {
  readonly sidecar: Sidecar;
  readonly publish: Publish;
  readonly pubsubName: string;
  /** Those of the system: nothing is sent elsewhere. */
  readonly topics: readonly string[];
  /** Those of the system, by name: what died at another is for all that hear its topic. */
  readonly functions: readonly string[];
}

/** What must not, or cannot, be sent. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: "unsealed" | "topic" | "letter";

  constructor(code: Refused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

type Traced = CloudEvent & { readonly traceparent?: string; readonly tracestate?: string };

export function createReplaying({ sidecar, publish, pubsubName, topics, functions }: ReplayingOptions): Replaying {
  return async ({ letter, body }, { topic: toldTopic, event: edited, signal }) => {
    const topic = toldTopic ?? (letter.isSealed ? letter.topic : undefined);
    if (topic === undefined)
      throw new Refused(
        "unsealed",
        "topic: must be named, since no valid seal says that this deployment has written where it died",
      );
    if (!topics.includes(topic)) throw new Refused("topic", `topic: must be one of ${topics.join(", ")}`);
    const bytes = edited ?? (await body({ signal }));
    const { event, message } = replayOf(bytes, { topic, functionName: letter.function, functions });
    if (!event) return sendMessage(message, topic, { signal });
    const { traceparent, tracestate, ...said }: Traced = { ...event, replayof: letter.digest };
    const key = keyOf(said.subject ?? said.id);
    await publish([{ topic, key, body: encodeStructured(said), traceparent, tracestate }], { signal });
  };

  /** As it came, without an envelope around it: what was no event is none when it comes again. */
  async function sendMessage({ headers, body }: Message, topic: string, options: CallOptions): Promise<void> {
    const names = Object.keys(headers).filter((name) => name === "content-type" || /^ce[-_]/.test(name));
    const metadata = names
      .map((name) => `&metadata.${encodeURIComponent(name)}=${encodeURIComponent(String(headers[name]))}`)
      .join("");
    const answer = await sidecar.call({
      method: "POST",
      path: `publish/${pubsubName}/${topic}?metadata.rawPayload=true${metadata}`,
      headers: { "content-type": "application/octet-stream" },
      body,
      ...options,
    });
    if (answer.status !== 204) throw toSidecarError(`publish to ${topic}`, answer);
  }
}

function replayOf(bytes: Buffer, known: Parameters<typeof toReplay>[1]) {
  try {
    return toReplay(asMessage(bytes), known);
  } catch (error) {
    throw new Refused("letter", `letter: ${(error as Error).message}`);
  }
}
