import type { Withdraw } from "../../functions/billing/handler.ts";
import type { Environment } from "../core/host/deployed.ts";
import { attempts } from "./attempts.ts";
import { settled } from "./bills.ts";

/** A dummy, which knows what the dummy of `charge` has done. */
export function createWithdraw(env: Environment): Withdraw {
  const attempt = attempts(env, "withdraw");
  return async (request) => {
    attempt(request);
    return settled(env, request.key, { ok: false, reason: "withdrawn" });
  };
}
