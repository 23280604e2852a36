import type { Dead } from "../../functions/kernel/outcome.ts";
import { isUtf8 } from "./media-type.ts";
import { quote, refusal } from "./refusal.ts";

/** throws: Dead `content-type` for another format than JSON, or another charset than UTF-8 */
export function requireFormat(
  contentType: string | undefined,
  { essence, format }: { readonly essence: string; readonly format: string },
): void {
  if (essence !== format && essence !== `${format}+json`)
    throw refusal("content-type", "content-type", { must: `be ${format}+json`, got: quote(contentType) });
  requireUtf8(contentType);
}

/** throws: Dead `content-type` */
export function requireUtf8(contentType: string | undefined): void {
  if (contentType !== undefined && !isUtf8(contentType))
    throw refusal("content-type", "content-type", { must: "have the charset utf-8", got: quote(contentType) });
}

export function noCloudEvent(contentType: string | undefined): Dead {
  return refusal("content-type", "content-type", {
    must: "be application/cloudevents+json, or have ce- headers, or JSON with a specversion",
    got: quote(contentType),
  });
}
