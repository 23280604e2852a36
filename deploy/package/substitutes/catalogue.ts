import type { SampledEvent } from "../../../functions/events/sampled.ts";
import { optional } from "../project.ts";

/** In the package, in place of functions/events/index.ts: the project's events that have a sample. */
export const catalogue = (await optional<readonly SampledEvent[]>("functions/index", "catalogue")) ?? [];
