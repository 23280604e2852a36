import { readFileSync, writeFileSync } from "node:fs";
import "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { renewStateKeys, type StateKeys } from "../../functions/kernel/state-keys.ts";

const FILE = "functions/state-keys.json";
const before = JSON.parse(readFileSync(FILE, "utf8")) as StateKeys;
try {
  const renewed = renewStateKeys(
    before,
    system.functions.map(({ definition }) => definition),
  );
  writeFileSync(FILE, `${JSON.stringify(renewed, null, 2)}\n`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
