/** What a function or a port did, in JSON's own types, so that it can come from another process. */
export type TraceEntry =
  | { readonly what: "handled"; readonly source: string; readonly id: string; readonly data: string }
  | {
      readonly what: "published";
      readonly topic: string;
      readonly id: string;
      readonly data: string;
      readonly traceId: string | undefined;
      readonly tracestate?: string | undefined;
    }
  | { readonly what: "dead-letter"; readonly code: string; readonly from: string }
  /** It waits for what never comes. */
  | { readonly what: "hung" }
  /** A deadline was over. */
  | { readonly what: "timed-out" };

export type Trace = (entry: TraceEntry) => void;

/** Any data as text that tells equal from different: keys in order, bytes and large integers marked as such. */
export function toText(data: unknown): string {
  if (data === undefined) return "none";
  if (typeof data === "bigint") return `${data}n`;
  if (data instanceof Uint8Array) return `bytes ${Buffer.from(data).toString("base64")}`;
  if (Array.isArray(data)) return `[${data.map(toText).join()}]`;
  if (typeof data !== "object" || data === null) return JSON.stringify(data);
  const members = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toText(member)}`).join()}}`;
}
