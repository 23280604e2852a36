import { SENT } from "../../core/event/about.ts";
import { isObject } from "../../core/event/json.ts";
import type { Body } from "../../core/host/read-body.ts";
import type { Delivered } from "./letter.ts";

/**
 * What lay on the topic. A sidecar puts it into an envelope of its own, another one at each delivery.
 *
 * source  daprd 1.14 and 1.18, subscriptions with rawPayload
 */
export function toDelivered({ body, overflow }: Body): Delivered {
  const bytes = Buffer.from(body);
  if (overflow) return { bytes, overflow };
  return { bytes: inEnvelope(bytes) ?? bytes };
}

function inEnvelope(bytes: Buffer): Buffer | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (!isObject(value)) return undefined;
    const { type, source, data_base64: data } = value as Readonly<Record<string, unknown>>;
    return type === SENT && source === "Dapr" && typeof data === "string" ? Buffer.from(data, "base64") : undefined;
  } catch {
    return undefined;
  }
}
