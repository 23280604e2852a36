import type { system } from "../../functions/index.ts";
import type { System } from "../../functions/kernel/system.ts";
import type { Environment } from "../core/host/deployed.ts";
import { createBook } from "./book.ts";
import { createCharge } from "./charge.ts";
import { createSendMail } from "./send-mail.ts";
import { createWithdraw } from "./withdraw.ts";

/** What the functions may do to the world. */
export type Effects = typeof system extends System<infer All> ? All : never;

/**
 * Every effect of the system. A bundle has those alone that its function uses: each is made by `create<Effect>` of the file of its name.
 *
 * throws  ConfigError for what is wrong with the environment
 */
export const createEffects = (env: Environment): Effects => ({
  charge: createCharge(env),
  withdraw: createWithdraw(env),
  sendMail: createSendMail(env),
  book: createBook(env),
});
