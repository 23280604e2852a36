/** What differs from letter to letter of one fault: ids, digests, times, numbers, what is quoted. */
const DIFFERING: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "…"],
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?/g, "…"],
  [/"[^"]*"|'[^']*'|`[^`]*`/g, "…"],
  [/(?<![\w.-])(?=[\w-]*\d)[\w-]{6,}(?![\w.-])/g, "…"],
  [/\b\d+([.,]\d+)*\b/g, "…"],
];

/** A reason without what is only of its letter. */
export const kindOfReason = (reason: string): string =>
  DIFFERING.reduce((text, [what, by]) => text.replace(what, by), reason).replace(/…[…\s-]*…/g, "…");
