import { appendFileSync } from "node:fs";
import type { Bill } from "../../../functions/billing/handler.ts";
import type { Effects } from "../../../functions/index.ts";
import { derivedId } from "../event/ids.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";

/** In minor units of any currency: the amount that the dummy charge declines, so that the unhappy path can be seen. */
export const DECLINED_AMOUNT = 40_200;

interface EffectsOptions {
  /** A file that gets one JSON line per attempt: kind, key, event. */
  readonly log?: string | undefined;
}

/**
 * Dummies that do nothing to the world and answer the same to the same key. What was charged or withdrawn they remember in their
 * process, of the last 10,000 keys: a real provider remembers it for as long as an event may come (32 days, or RETENTION_DAYS and two).
 */
export function createDummyEffects({ log }: EffectsOptions = {}): Effects {
  const attempt = (kind: string, { key, eventId }: { readonly key: string; readonly eventId: string }) => {
    if (log) appendFileSync(log, `${JSON.stringify({ kind, key, event: eventId })}\n`);
  };
  const bills = new Map<string, Bill>();
  const settle = (key: string, bill: Bill): Bill => {
    const settled = bills.get(key) ?? bill;
    bills.set(key, settled);
    forgetOldest(bills);
    return settled;
  };
  return {
    async charge(request) {
      attempt("charge", request);
      const { key, amount } = request;
      const isDeclined = amount.amount === DECLINED_AMOUNT;
      return settle(
        key,
        isDeclined ? { ok: false, reason: "card-declined" } : { ok: true, receipt: `r-${derivedId("receipt", key)}` },
      );
    },
    async withdraw(request) {
      attempt("withdraw", request);
      return settle(request.key, { ok: false, reason: "withdrawn" });
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
