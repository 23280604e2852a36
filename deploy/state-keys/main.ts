import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { renewStateKeys, type StateKeys } from "../../functions/kernel/state-keys.ts";

const FILE = "functions/state-keys.json";
const text = readFileSync(FILE, "utf8");
// What nobody has committed nobody has deployed: a key of it may still change as it likes.
const { status, stdout } = spawnSync("git", ["show", `HEAD:./${FILE}`], { encoding: "utf8" });
const before = JSON.parse(status === 0 ? stdout : text) as StateKeys;
try {
  const renewed = renewStateKeys(
    before,
    system.functions.map(({ definition }) => definition),
  );
  const now = `${JSON.stringify(renewed, null, 2)}\n`;
  if (now !== text) {
    writeFileSync(FILE, now);
    console.log(`rendered: ${FILE}`);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
