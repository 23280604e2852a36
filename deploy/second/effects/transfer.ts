import { derivedId } from "../../../adapters/core/event/ids.ts";
import type { Transfer } from "../functions/payouts/handler.ts";

export const createTransfer = (): Transfer => async (request) => `t-${derivedId("transfer", request.key)}`;
