import { system } from "../../functions/index.ts";
import { deployedFunction } from "../core/host/system-parts.ts";
import { createEffects } from "../effects/index.ts";
import { runService } from "./service.ts";

const name = process.argv[2] ?? "";
await runService(name, () => deployedFunction(system, { name, effects: createEffects }));
