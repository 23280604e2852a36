import { appendFileSync } from "node:fs";
import type { Effects } from "../../functions/index.ts";
import { derivedId } from "./ids.ts";

/** In minor units of any currency: the amount that the dummy charge declines, so that the unhappy path can be seen. */
export const DECLINED_AMOUNT = 40_200;

interface EffectsOptions {
  /** A file that gets one JSON line per attempt: kind, key, event. */
  readonly log?: string | undefined;
}

/** Dummies that do nothing to the world and answer the same to the same key. */
export function createDummyEffects({ log }: EffectsOptions = {}): Effects {
  const attempt = (kind: string, { key, eventId }: { readonly key: string; readonly eventId: string }) => {
    if (log) appendFileSync(log, `${JSON.stringify({ kind, key, event: eventId })}\n`);
  };
  return {
    async charge(request) {
      attempt("charge", request);
      return request.amount.amount === DECLINED_AMOUNT
        ? { ok: false, reason: "card-declined" }
        : { ok: true, receipt: `r-${derivedId("receipt", request.key)}` };
    },
    async sendMail(request) {
      attempt("mail", request);
    },
    async book(request) {
      attempt("book", request);
      return { tracking: `t-${derivedId("tracking", request.key)}` };
    },
  };
}
