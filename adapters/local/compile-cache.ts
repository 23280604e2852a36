import { join } from "node:path";

/** For NODE_COMPILE_CACHE: sources are compiled once, not at every start. */
export const COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/loosely");
