// Loaded before a service: its effects fail or take too long, and the service knows nothing of it. They are patched where the
// dummies write EFFECTS_LOG: a bundle offers no other place.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [kind, argument] = (process.env.BREAK_EFFECTS ?? "").split(":");
const append = fs.appendFileSync;
const waiter = new Int32Array(new SharedArrayBuffer(4));
let attempts = 0;

const breakages = {
  // Charges of the orders that a file names, for the first event that asks for one.
  charges(line) {
    const { kind, key, event } = JSON.parse(line);
    const named = fs.readFileSync(argument, "utf8");
    if (kind !== "charge" || !named.includes(key)) return;
    if (!named.includes(`${key} `)) fs.writeFileSync(argument, named.replace(key, `${key} ${event}`));
    else if (!named.includes(`${key} ${event}`)) return;
    throw new Error("the charge failed on purpose");
  },
  // Every 20th attempt, or as told, so that runs are alike.
  fail() {
    if (attempts % Number(argument ?? 20) === 0) throw new Error("the effect failed on purpose");
  },
  // Three of them, on the processor: neither the deadline nor a health probe can be served meanwhile.
  block() {
    if (attempts % 20 === 0 && attempts <= 60) Atomics.wait(waiter, 0, 0, Number(argument));
  },
  // Each charge takes so many ms, on the processor.
  slow(line) {
    if (JSON.parse(line).kind === "charge") Atomics.wait(waiter, 0, 0, Number(argument));
  },
  // Those of some keys, each time.
  keys(line) {
    if (isOfThem(line)) throw new Error("the effect failed on purpose");
  },
  // Those of the keys that a file lists, for as long as it lists them.
  listed(line) {
    if (fs.readFileSync(argument, "utf8").split("\n").includes(JSON.parse(line).key))
      throw new Error("the effect failed on purpose");
  },
  // The whole process with it.
  kill(line) {
    if (isOfThem(line)) process.kill(process.pid, "SIGKILL");
  },
};
const isOfThem = (line) => argument.split(",").includes(JSON.parse(line).key);

fs.appendFileSync = (file, line, ...rest) => {
  if (file === process.env.EFFECTS_LOG) {
    attempts++;
    breakages[kind]?.(line);
  }
  return append(file, line, ...rest);
};
syncBuiltinESMExports();
