import { existsSync, readFileSync } from "node:fs";
import { followOrders, until } from "../orders.ts";
import { faultsOf, parseAttempts, sumUp } from "../sums.ts";

/**
 * Run inside the cluster: URL EFFECTS_LOG IDS… prints the sums of the orders whose ids are in the files, as JSON, as soon as
 * they add up, and in any case in the end.
 */
const [url = "", effectsLog = "", ...files] = process.argv.slice(2);
const PATIENCE_MS = 60_000;

const ids = files.flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
const fates = await followOrders(url, ids, PATIENCE_MS);
const add = () => sumUp(fates, existsSync(effectsLog) ? parseAttempts(readFileSync(effectsLog, "utf8")) : []);
await until(() => faultsOf(add()).length === 0, { what: "the sums add up", withinMs: PATIENCE_MS, everyMs: 500 }).catch(
  () => {},
);
process.stdout.write(JSON.stringify(add()));
