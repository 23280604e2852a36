import { enableCompileCache } from "node:module";
import { COMPILE_CACHE } from "./compile-cache.ts";
import { listenForEnd } from "./ending.ts";

// Before all that takes time to load.
const signal = listenForEnd();
enableCompileCache(COMPILE_CACHE);
const { start } = await import("./start-command.ts");
await start(signal);
// Whatever is still open must not keep it alive.
process.exit();
