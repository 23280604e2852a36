import { request } from "node:http";
import { consoleUrlOf } from "../e2e/tools/console-page.ts";
import { folder } from "./flow.ts";
import { startLocalContender } from "./flow-local.ts";
import { interleave, type Running, startAll, stopAll, type Turn } from "./flow-rounds.ts";
import { median, type Section } from "./section.ts";

const ORDERS = 300;
const WARM_UP = 150;
const MOST_ROUNDS = 5;

/** What the flow loses to being watched: with a console that somebody follows, over none. */
export async function measureConsoleFlow(rounds: number): Promise<Section> {
  const dirs = ["none", "open", "followed"].map((name) => folder(`console-flow-${name}`)) as [string, string, string];
  const [none, open, followed] = dirs;
  const all = await startAll([
    () => startLocalContender({ dir: none, row: 0, note: ", without a console", args: ["--no-console"] }),
    () => startLocalContender({ dir: open, row: 1, note: ", with one that nobody follows" }),
    () => startLocalContender({ dir: followed, row: 2, note: ", with one that is followed" }),
  ]);
  try {
    const stop = await drain(await consoleUrlOf(followed));
    for (const { run } of all) await run(WARM_UP);
    const turns = new Map(all.map((running): [Running, Turn[]] => [running, []]));
    await interleave(all, {
      rounds: Math.min(rounds, MOST_ROUNDS),
      work: async (running) => void turns.get(running)?.push(await running.run(ORDERS)),
    });
    for (const { check } of all) await check();
    stop();
    return toSection([...turns]);
  } finally {
    await stopAll(all);
  }
}

/** Takes all of the stream, and does nothing with it: that would be work of whoever asks. out: ends that */
function drain(url: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL("stream", url), { agent: false, headers: { accept: "text/event-stream" } });
    asked.once("error", reject);
    asked.once("response", (answer) => {
      answer.on("error", () => {}).resume();
      resolve(() => void asked.on("error", () => {}).destroy());
    });
    asked.end();
  });
}

type Turns = readonly Turn[];

function toSection(entrants: readonly (readonly [Running, Turns])[]): Section {
  const ratio = (turns: Turns, base: Turns, of: (turn: Turn) => number) =>
    median(turns.map((turn, round) => of(turn) / of(base[round] ?? turn)));
  const speedOf = ({ ordersPerSecond }: Turn) => ordersPerSecond;
  const [none, quiet, followed] = entrants.map(([, turns]) => turns) as [Turns, Turns, Turns];
  const cpus = [({ cpu }: Turn) => cpu.services, ({ cpu }: Turn) => cpu.between];
  return {
    title: `${ORDERS} orders, watched and not`,
    head: ["who", "orders/s over the first", "CPU over the first: services", "launcher and sidecars"],
    rows: entrants.map(([{ contender }, turns]) => [
      contender.name,
      ...[speedOf, ...cpus].map((of) => ratio(turns, none, of).toFixed(2)),
    ]),
    bars: [
      {
        what: "orders/s with a console that is followed, over one that nobody follows",
        value: ratio(followed, quiet, speedOf),
        least: 0.9,
      },
      // The flow takes all that the machine has: what is written down of it is taken from it.
      { what: "orders/s with a console, over none", value: ratio(quiet, none, speedOf), least: 0.7 },
    ],
  };
}
