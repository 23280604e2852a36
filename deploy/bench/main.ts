import { parseWords, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { measureConsoleBrowser } from "./console-browser.ts";
import { measureConsoleFlow } from "./console-flow.ts";
import { measureConsoleStart } from "./console-start.ts";
import { measureConsoleStream } from "./console-stream.ts";
import { measureDaprd } from "./daprd-throughput.ts";
import { measureFailing } from "./failing.ts";
import { measureFlow } from "./flow.ts";
import { measureAlone } from "./flow-alone.ts";
import { measureFlowGrowth } from "./flow-growth.ts";
import { keepFlow } from "./flow-table.ts";
import { measureWaits } from "./flow-waits.ts";
import { measureGrowth } from "./growth.ts";
import { measureDecode, measureLedgers, measurePublishing } from "./in-process.ts";
import { measureMemory } from "./memory.ts";
import { MissingEngine } from "./missing.ts";
import { measureOrderLedger } from "./order-ledger.ts";
import { measureReceiving } from "./receiving.ts";
import { describeBar, holds, type Section, toMarkdown } from "./section.ts";
import { measureStart } from "./start.ts";
import { measureEndurance, measureOverload } from "./under-load.ts";

const HELP = `npm run bench -- [SECTION…] [--without SECTION] [--rounds N] [--keep]

What the parts of the Dapr side cost, as ratios against others in the same rounds: tables in Markdown, each with the bars that
it must hold. A section is measured again, up to three times, until all of its bars hold: whatever else the machine does only
takes away. Ends with 1 where they never do. --rounds: how often each is measured in one (default 7).
--keep: of flow alone, keeps what it has found, which npm run generate then writes into adapters/dapr/speed.md.

`;

const MOST_TRIES = 3;

type Measure = (rounds: number) => Promise<Section>;

const sections: Readonly<Record<string, readonly Measure[]>> = {
  receiving: [measureReceiving],
  publishing: [measurePublishing],
  decode: [measureDecode],
  ledgers: [measureLedgers, measureGrowth, measureOrderLedger],
  start: [measureStart],
  memory: [measureMemory],
  endurance: [measureEndurance],
  overload: [measureOverload],
  console: [measureConsoleStart, measureConsoleStream, measureConsoleFlow, measureConsoleBrowser],
  daprd: [measureDaprd],
  flow: [measureFlow, measureAlone, measureWaits, measureFailing, measureFlowGrowth],
};

const COMMAND = "npm run bench";

try {
  const { values, words } = parseWords({
    command: COMMAND,
    options: {
      without: { type: "string", multiple: true, default: [] },
      rounds: { type: "string", default: "7" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const wanted = words.length > 0 ? words : Object.keys(sections);
  const names = wanted.filter((name) => !values.without.includes(name));
  const unknown = [...wanted, ...values.without].filter((name) => !(name in sections));
  const rounds = Number(values.rounds);
  if (values.help) process.stdout.write(`${HELP}Sections: ${Object.keys(sections).join(", ")}\n`);
  else if (unknown.length > 0)
    throw new UsageError(`SECTION: must be of ${Object.keys(sections).join(", ")}, got ${unknown.join(", ")}`);
  else if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds: must be a number from 1 up, got ${values.rounds}`);
  else if (values.keep && names.join() !== "flow")
    throw new UsageError(`--keep: must be said of flow alone, got ${names.join(", ")}`);
  else {
    const found = await measureAll(names, rounds);
    if (values.keep && found.length === sections.flow?.length) keepFlow(found);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}

/** out: of each section what its last try has found, but for what could not be measured here */
async function measureAll(names: readonly string[], rounds: number): Promise<readonly Section[]> {
  const kept = new Map<Measure, Section>();
  const broken: string[] = [];
  for (const measure of names.flatMap((name) => sections[name] ?? [])) {
    const tryOnce = async () => {
      const section = await measure(rounds);
      kept.set(measure, section);
      process.stdout.write(`${toMarkdown(section)}\n\n`);
      return section.bars.every(holds);
    };
    let hold = false;
    try {
      for (let tries = 0; tries < MOST_TRIES && !hold; tries++) hold = await tryOnce();
      if (!hold) broken.push(...(kept.get(measure)?.bars ?? []).filter((bar) => !holds(bar)).map(describeBar));
    } catch (error) {
      if (!(error instanceof MissingEngine)) throw error;
      broken.push(error.message);
    }
  }
  // Again at the end, which is what one sees of a long run.
  for (const each of broken) process.stderr.write(`FAIL ${each}\n`);
  if (broken.length > 0) process.exitCode = 1;
  return [...kept.values()];
}
