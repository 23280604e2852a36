import { existsSync, readFileSync } from "node:fs";
import { followOrders } from "../orders.ts";
import { parseAttempts, sumUp } from "../sums.ts";

/** Run inside the cluster: URL EFFECTS_LOG IDS… prints the sums of the orders whose ids are in the files, as JSON. */
const [url = "", effectsLog = "", ...files] = process.argv.slice(2);
const ids = files.flatMap((file) => readFileSync(file, "utf8").split("\n").filter(Boolean));
const fates = await followOrders(url, ids, 60_000);
const attempts = existsSync(effectsLog) ? parseAttempts(readFileSync(effectsLog, "utf8")) : [];
process.stdout.write(JSON.stringify(sumUp(fates, attempts)));
