import type { System } from "../../../functions/kernel/system.ts";
import { exportOf } from "../project.ts";

/** In the package, in place of functions/index.ts: the system of the project. */
export const system = await exportOf<System<never>>("functions/index", "system");
