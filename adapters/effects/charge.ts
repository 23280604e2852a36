import type { Charge } from "../../functions/billing/handler.ts";
import { derivedId } from "../core/event/ids.ts";
import type { Environment } from "../core/host/deployed.ts";
import { attempts } from "./attempts.ts";
import { settled } from "./bills.ts";

/** In minor units of any currency: the amount that is declined, so that the unhappy path can be seen. */
export const DECLINED_AMOUNT = 40_200;

/** A dummy: takes no money, and answers the same to the same key. */
export function createCharge(env: Environment): Charge {
  const attempt = attempts(env, "charge");
  return async (request) => {
    attempt(request);
    const { key, amount } = request;
    const isDeclined = amount.amount === DECLINED_AMOUNT;
    return settled(
      env,
      key,
      isDeclined ? { ok: false, reason: "card-declined" } : { ok: true, receipt: `r-${derivedId("receipt", key)}` },
    );
  };
}
