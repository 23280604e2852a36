import { deployedFunction } from "../../adapters/core/host/system-parts.ts";
import { runService } from "../../adapters/dapr/service.ts";
import { createAssignDriver } from "./effects/assign-driver.ts";
import { createTellRider } from "./effects/tell-rider.ts";
import { createTransfer } from "./effects/transfer.ts";
import { system } from "./functions/index.ts";

const name = process.argv[2] ?? "";
const effects = () => ({
  assignDriver: createAssignDriver(),
  transfer: createTransfer(),
  tellRider: createTellRider(),
});
await runService(name, () => deployedFunction(system, { name, effects }));
