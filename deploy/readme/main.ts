import { parseCommandLine, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { keepLoopbackDirect } from "../../adapters/local/loopback.ts";
import { chromium } from "../engines/chromium.ts";

const HELP = `npm run readme -- [options]

Draws adapters/local/console/console.png, the picture of the console in README.md, from a run of its own: orders are placed, one event
is broken, and Chromium shows what becomes of them. Where Chromium is not installed (npm run engines) it says so, and the picture stays
as it is. What pages hold of code is renewed by npm run generate.

  --help  this text
`;

const COMMAND = "npm run readme";

keepLoopbackDirect(process.env);
try {
  const values = parseCommandLine({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  const missing = chromium.missing();
  if (values.help) process.stdout.write(HELP);
  else if (missing !== undefined) process.stdout.write(`the picture stays as it is: ${missing}\n`);
  else {
    const { drawConsole } = await import("./picture.ts");
    process.stdout.write(`drawn: ${await drawConsole()}\n`);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}
