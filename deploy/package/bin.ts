#!/usr/bin/env node
import { programFile } from "../../adapters/local/program-file.ts";

/** The repository's commands, by the file of each. */
const COMMANDS = {
  init: ["deploy/package/init-main.ts", "makes a system in a new folder"],
  start: ["adapters/local/start.ts", "runs the system on this machine, with a page on which it is seen"],
  say: ["deploy/say/main.ts", "says an event to it, and tells who hears it"],
  story: ["deploy/story/main.ts", "tells what has become of an event"],
  dead: ["deploy/dead/main.ts", "shows dead letters, mends and replays them"],
} as const;

const HELP = `loosely COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, [, what]]) => `  ${name.padEnd(6)}  ${what}`)
  .join("\n")}

loosely COMMAND --help says more. All but init are called in a project: functions/index.ts exports \`system\`, and \`catalogue\`, its events
with samples; effects/index.ts exports \`createEffects\`, where functions use any.
`;

const LEAST_NODE = 24;

const [name = "--help", ...args] = process.argv.slice(2);
if (Number.parseInt(process.versions.node, 10) < LEAST_NODE)
  fail(`must be run by Node ${LEAST_NODE} or later, is by ${process.version}`);
else if (name === "--help" || name === "help") process.stdout.write(HELP);
else if (!Object.hasOwn(COMMANDS, name))
  fail(`${name}: must be one of ${Object.keys(COMMANDS).join(", ")}; loosely --help says more`, 2);
else {
  const [file] = COMMANDS[name as keyof typeof COMMANDS];
  const program = programFile(file);
  process.argv = [process.execPath, program, ...args];
  await import(program).catch((error: Error) => fail(error.message));
}

function fail(why: string, code = 1): void {
  process.stderr.write(`loosely: ${why}\n`);
  process.exitCode = code;
}
