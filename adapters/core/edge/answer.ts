/** An HTTP answer in no framework's words. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

export const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };
const PROBLEM_TYPE = { "content-type": "application/problem+json; charset=utf-8" };

/** What went wrong, for programs. source: RFC 9457 */
export const problem = (status: number, detail: string, more: object = {}): Answer => ({
  status,
  headers: PROBLEM_TYPE,
  body: { type: "about:blank", status, detail, ...more },
});

/** 503: nothing is promised, and to ask again is right. */
export function again(detail: string, more: Answer["headers"] = {}): Answer {
  const { status, headers, body } = problem(503, `${detail}: ask again with the same Idempotency-Key`);
  return { status, headers: { ...headers, ...more, "retry-after": "1" }, body };
}
