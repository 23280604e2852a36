import { deployedFunction } from "../../adapters/core/host/system-parts.ts";
import { runService } from "../../adapters/dapr/service.ts";
import { createEffects } from "./effects/index.ts";
import { system } from "./functions/index.ts";

const name = process.argv[2] ?? "";
await runService(name, () => deployedFunction(system, { name, effects: createEffects }));
