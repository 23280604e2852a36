import type { System } from "../../functions/kernel/system.ts";
import type { Runnable } from "./launcher.ts";

/** Of a system, who is started, in their order. */
export const servicesOf = ({ functions, edges }: System<never>): Runnable["services"] =>
  functions.map(({ name, source }) => ({ name, hasEdge: edges.some(({ of }) => of === source) }));
