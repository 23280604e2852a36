import { createAssignDriver } from "./assign-driver.ts";
import { createTellRider } from "./tell-rider.ts";
import { createTransfer } from "./transfer.ts";

export const createEffects = () => ({
  assignDriver: createAssignDriver(),
  transfer: createTransfer(),
  tellRider: createTellRider(),
});
