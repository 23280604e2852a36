import type { Message } from "../event/decode.ts";

// Apart from the schema of settings, which Lambda does without.

/** Of EDGE_SECRET and LETTER_SECRET. */
export const SECRET = /^[\x21-\x7e]{16,}$/;
/** Of EDGE_PRINCIPAL. */
export const HEADER = /^[\w-]+$/;

export const DEMO = "EDGE_DEMO is on: a request without a body asks for something made up";

/** CloudEvents `source` of what edges ask for. */
export const edgeSource = ({ home }: { readonly home: { readonly source: string } }): string => `${home.source}/edge`;

/** Who asks, as the header says in which whatever stands before the edge tells. in: its name in lower case. Sent twice, it says nothing. */
export function principalIn(headers: Message["headers"], principalHeader: string | undefined): string | undefined {
  const { [principalHeader ?? ""]: principal } = headers;
  return typeof principal === "string" ? principal : undefined;
}
