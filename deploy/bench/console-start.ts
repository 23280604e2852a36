import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { consoleUrlOf } from "../e2e/tools/console-page.ts";
import { folder } from "./flow.ts";
import { interleave } from "./flow-rounds.ts";
import { median, type Section } from "./section.ts";

const START = join(import.meta.dirname, "../../adapters/local/start.ts");
const OPEN = "is open.";
const KB = 1_024;
/** What the page consists of, below its address. */
const PARTS = ["", "page.js", "page.css"];

interface Started {
  /** ms until it says that it is open. */
  readonly taken: number;
  stop(): Promise<void>;
}

async function start(dir: string, args: readonly string[] = []): Promise<Started> {
  const began = performance.now();
  const child = spawn(process.execPath, [START, "--quiet", "--port", "0", "--data", dir, "--fresh", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  let printed = "";
  const taken = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`npm start ends: ${printed}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (printed.includes(OPEN)) resolve(performance.now() - began);
    });
  });
  return {
    taken,
    async stop() {
      child.kill("SIGTERM");
      await exit;
    },
  };
}

/** What `npm start` takes longer for its console, and what a browser has to load of it. */
export async function measureConsoleStart(rounds: number): Promise<Section> {
  const dir = folder("console-start");
  const ways = [
    { name: "without a console", args: ["--no-console"], samples: [] as number[] },
    { name: "with one", args: [], samples: [] as number[] },
  ] as const;
  // Sources are compiled once.
  await (await start(dir)).stop();
  await interleave(ways, {
    rounds,
    work: async ({ args, samples }) => {
      const { taken, stop } = await start(dir, args);
      samples.push(taken);
      await stop();
    },
  });
  const [{ samples: base }, { samples }] = ways;
  const ratio = (some: readonly number[]) => median(some.map((value, round) => value / (base[round] ?? value)));
  const bytes = await bytesOf(dir);
  const total = bytes.reduce((sum, [, size]) => sum + size, 0);
  return {
    title: "From the start of `npm start` until it is open, and the page's size",
    head: ["", "time over the first, or KB"],
    rows: [
      ...ways.map((way) => [way.name, ratio(way.samples).toFixed(2)]),
      ...bytes.map(([part, size]) => [part || "its HTML", (size / KB).toFixed(1)]),
    ],
    bars: [
      // With sources compiled once, it is open in 0.97 of the time that it took before there was a page.
      { what: "time of npm start with a console, over without", value: ratio(samples), most: 1.2 },
      { what: "KB of the page", value: total / KB, most: 150 },
    ],
  };
}

async function bytesOf(dir: string): Promise<readonly (readonly [part: string, bytes: number])[]> {
  const { stop } = await start(dir);
  try {
    const url = await consoleUrlOf(dir);
    const sizes = PARTS.map(async (part) => {
      const answer = await fetch(new URL(part, url));
      if (!answer.ok) throw new Error(`the console answers ${answer.status} to ${part || "/"}`);
      return [part, (await answer.arrayBuffer()).byteLength] as const;
    });
    return await Promise.all(sizes);
  } finally {
    await stop();
  }
}
