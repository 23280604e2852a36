import type { TellRider } from "../functions/receipts/handler.ts";

export const createTellRider = (): TellRider => async () => {};
