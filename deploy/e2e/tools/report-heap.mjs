// Loaded into every process of a shop: on SIGWINCH it collects its garbage and writes down what is left.
import { appendFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

process.on("SIGWINCH", () => {
  collect();
  collect();
  const { heapUsed } = process.memoryUsage();
  appendFileSync(process.env.HEAP_LOG, `${JSON.stringify({ pid: process.pid, heapUsed })}\n`);
});
