// The library types do not know raw JSON (Node ≥ 22).
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** Indented JSON: integers beyond 2^53 as they are, bytes as base64. */
export const prettyJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, member: unknown) => {
      if (typeof member === "bigint") return rawJSON(String(member));
      return member instanceof Uint8Array ? Buffer.from(member).toString("base64") : member;
    },
    2,
  );
