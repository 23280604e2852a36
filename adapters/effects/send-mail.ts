import type { SendMail } from "../../functions/notification/handler.ts";
import type { Environment } from "../core/host/deployed.ts";
import { attempts } from "./attempts.ts";

/** A dummy: nobody gets a mail. */
export function createSendMail(env: Environment): SendMail {
  const attempt = attempts(env, "mail");
  return async (request) => attempt(request);
}
