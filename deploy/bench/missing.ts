import { whyMissing } from "../e2e/tools/output.ts";

/** What is measured cannot be, on this machine; which is said already. */
export class MissingEngine extends Error {
  override readonly name = "MissingEngine";
}

/** Says in one line what is missing. throws: MissingEngine where something is */
export function requireEngines(...[what, engines]: Parameters<typeof whyMissing>): void {
  const missing = whyMissing(what, engines);
  if (missing !== undefined) throw new MissingEngine(missing);
}
