import type { AppAnswer } from "./app-channel.ts";
import type { AnswerOutcome } from "./console/recorder.ts";

/** What an app's answer to a delivery means. `missing`: nobody serves the route. */
export type Verdict = "done" | "retry" | "drop" | "missing";

/** As it is recorded. */
export const toOutcome = (verdict: Verdict | "gone"): AnswerOutcome => (verdict === "done" ? "success" : verdict);

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

/**
 * Reads an app's answer to a bulk: each entry has its own verdict, and one without a status is none that was done.
 *
 * out     in the order of the entries
 * source  Dapr pub/sub API reference, "Expected HTTP response for bulk subscribe"; daprd 1.14.0, bulksubscription.go
 */
export function toBulkVerdicts({ status, text }: AppAnswer, entryIds: readonly string[]): readonly Verdict[] {
  if (status === 404) return entryIds.map(() => "missing");
  const said = new Map(status < 200 || status > 299 ? [] : statusesIn(text));
  return entryIds.map((id) => VERDICTS.get(said.get(id)) ?? "retry");
}

const VERDICTS: ReadonlyMap<unknown, Verdict> = new Map([
  ["SUCCESS", "done"],
  ["DROP", "drop"],
] as const);

function statusesIn(text: string): readonly (readonly [id: unknown, status: unknown])[] {
  const statuses = memberOf(parse(text), "statuses");
  if (!Array.isArray(statuses)) return [];
  return statuses.map((each) => [memberOf(each, "entryid"), memberOf(each, "status")]);
}

/** A body that cannot be read says nothing at all. */
function statusOf(text: string): string | undefined {
  const said = memberOf(parse(text), "status");
  return typeof said === "string" ? said : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Go finds a field whatever the case of its name. in: the name in lower case */
function memberOf(value: unknown, wanted: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).findLast(([name]) => name.toLowerCase() === wanted)?.[1];
}
