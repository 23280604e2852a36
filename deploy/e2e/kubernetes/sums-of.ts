import { readFileSync } from "node:fs";
import { settle } from "../shop/settle.ts";

/**
 * Run inside the cluster: URL EFFECTS_LOG IDS… prints the sums of the orders whose ids are in the files, as JSON, as soon as
 * they add up, and in any case in the end.
 */
const [url = "", effectsLog = "", ...files] = process.argv.slice(2);
const PATIENCE_MS = 180_000;

const ids = files.flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
process.stdout.write(JSON.stringify(await settle(url, { ids, effectsLog, withinMs: PATIENCE_MS })));
