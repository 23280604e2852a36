import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SERVICES } from "../e2e/dapr/shop.ts";
import { median, type Section } from "./section.ts";

const DIST = join(import.meta.dirname, "../../dist/dapr");
const BARE = `import { createServer } from "node:http";
const server = createServer().listen(0, "127.0.0.1", () => { console.log('{"msg":"ready"}'); });`;

/** From the start of the process until it says that it is ready, in ms. */
async function startOnce(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, APP_PORT: "0", EDGE_PORT: "0", LEDGER: "memory" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"msg":"ready"')) continue;
    const taken = performance.now() - started;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    return taken;
  }
  throw new Error(`${args.at(-1)} does not start`);
}

/** How long each bundle takes to start, against a node:http server that does nothing. */
export async function measureStart(rounds: number): Promise<Section> {
  const candidates: readonly (readonly [string, readonly string[]])[] = [
    ["bare node:http", ["--input-type=module", "--eval", BARE]],
    ...SERVICES.map((name) => [`${name}.mjs`, [join(DIST, `${name}.mjs`)]] as const),
  ];
  const samples = new Map(candidates.map(([name]): [string, number[]] => [name, []]));
  for (let round = 0; round <= rounds; round++)
    for (const [name, args] of round % 2 === 0 ? candidates : candidates.toReversed()) {
      const taken = await startOnce(args);
      if (round > 0) samples.get(name)?.push(taken);
    }
  const bare = samples.get("bare node:http") ?? [];
  const ratio = (name: string) =>
    median((samples.get(name) ?? []).map((value, round) => value / (bare[round] ?? value)));
  return {
    title: "From the start of the process until it listens",
    head: ["bundle", "time over bare node:http"],
    rows: candidates.map(([name]) => [name, ratio(name).toFixed(2)]),
    bars: [],
  };
}
