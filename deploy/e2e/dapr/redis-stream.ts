/** in: the reply to XRANGE. out: the events, as daprd has put them in: it writes its fields, data and metadata, in any order */
export function eventsOf(reply: string): readonly Readonly<Record<string, unknown>>[] {
  const entries = JSON.parse(reply || "[]") as readonly (readonly [string, readonly string[]])[];
  return entries.map(([, fields]) => JSON.parse(fields[fields.indexOf("data") + 1] ?? ""));
}
