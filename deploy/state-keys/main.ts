import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { complain, parseCommandLine } from "../../adapters/local/command-line.ts";
import "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { renewStateKeys, type StateKeys } from "../../functions/kernel/state-keys.ts";

const COMMAND = "npm run keys";
const HELP = `npm run keys

Renders functions/state-keys.json, which says what the states of functions belong to. Prints the file when it has changed; exit code
1, with the reason, where that has changed since the last commit while the version of the state has not risen.

  --help   this text
`;
const FILE = "functions/state-keys.json";

try {
  const { help } = parseCommandLine({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  if (help) process.stdout.write(HELP);
  else renew();
} catch (error) {
  complain(error, COMMAND);
}

function renew(): void {
  const text = readFileSync(FILE, "utf8");
  // What nobody has committed nobody has deployed: a key of it may still change as it likes.
  const { status, stdout } = spawnSync("git", ["show", `HEAD:./${FILE}`], { encoding: "utf8" });
  const before = JSON.parse(status === 0 ? stdout : text) as StateKeys;
  const renewed = renewStateKeys(
    before,
    system.functions.map(({ definition }) => definition),
  );
  const now = `${JSON.stringify(renewed, null, 2)}\n`;
  if (now === text) return;
  writeFileSync(FILE, now);
  process.stdout.write(`rendered: ${FILE}\n`);
}
