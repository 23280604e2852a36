import { defineSystem } from "./kernel/system.ts";
import { edges, functions } from "./registry.ts";

/** The shop. */
export const system = defineSystem({ name: "shop", functions, edges });
