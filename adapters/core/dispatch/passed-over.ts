/** How events end that are not for this build. */
export const PASSED_OVER: ReadonlySet<string> = new Set(["ignored", "unknown"]);
