import type { AppAnswer } from "./app-channel.ts";

/** What an app's answer to a delivery means. `missing`: nobody serves the route. */
export type Verdict = "done" | "retry" | "drop" | "missing";

/**
 * Reads an app's answer to a delivery.
 *
 * source  Dapr pub/sub API reference, "Expected HTTP response"; daprd 1.18.3 as recorded
 */
export function toVerdict({ status, text }: AppAnswer): Verdict {
  if (status === 404) return "missing";
  if (status < 200 || status > 299) return "retry";
  const said = statusOf(text);
  if (said === undefined || said === "" || said === "SUCCESS") return "done";
  return said === "DROP" ? "drop" : "retry";
}

/** Go finds a field whatever the case of its name, and takes a body that it cannot read for no status at all. */
function statusOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    const [, said] = Object.entries(parsed).findLast(([name]) => name.toLowerCase() === "status") ?? [];
    return typeof said === "string" ? said : undefined;
  } catch {
    return undefined;
  }
}
