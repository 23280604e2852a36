import type { Environment } from "../../../adapters/core/host/deployed.ts";
import { exportOf } from "../project.ts";
import { system } from "./system.ts";

type CreateEffects = (env: Environment) => object;

/** In the package, in place of adapters/effects/index.ts: the effects of the project, where its functions use any. */
export const createEffects: CreateEffects =
  system.effects.length > 0 ? await exportOf<CreateEffects>("effects/index", "createEffects") : () => ({});
