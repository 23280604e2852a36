import type { Dead } from "../../../functions/kernel/outcome.ts";
import { isUtf8 } from "./media-type.ts";
import { quote, refusal } from "./refusal.ts";

/** throws: Dead `content-type` for another format than JSON, or another charset than UTF-8 */
export function requireFormat(
  contentType: string | undefined,
  { essence, format }: { readonly essence: string; readonly format: string },
): void {
  if (essence !== format && essence !== `${format}+json`) throw faulty(contentType, `be ${format}+json`);
  requireUtf8(contentType);
}

/** throws: Dead `content-type` */
export function requireUtf8(contentType: string | undefined): void {
  if (contentType !== undefined && !isUtf8(contentType)) throw faulty(contentType, "have the charset utf-8");
}

export const noCloudEvent = (contentType: string | undefined): Dead =>
  faulty(contentType, "be application/cloudevents+json, or have ce- headers, or JSON with a specversion");

const faulty = (contentType: string | undefined, must: string): Dead =>
  refusal("content-type", "content-type", { must, got: quote(contentType) });
