import { spawnSync } from "node:child_process";
import { expect, it, onTestFinished } from "vitest";
import { type Child, startChild } from "../child.ts";
import { createControl } from "./control.ts";

/** Says what time it is, and ends when its standard input does. */
const PROGRAM = `
  console.log(JSON.stringify({ level: 30, msg: "ready", ahead: Number(process.env.CLOCK_AHEAD_MS), now: Date.now() }));
  process.stdin.resume();
`;
/** A launcher gives up on one that dies five times in ten seconds. */
const OFTEN = 6;

function start(program = PROGRAM) {
  const [said, lines]: [string[], unknown[]] = [[], []];
  const ready: Readonly<Record<string, unknown>>[] = [];
  const all: Child[] = [];
  const control = createControl(all);
  const child = startChild({
    name: "service",
    args: ["-e", program],
    env: () => control.clockOf("service"),
    onReady: (line) => ready.push(line),
    onLine: ({ msg }) => void lines.push(msg),
    onRestart: (how) => said.push(how),
    onGiveUp: (why) => said.push(why),
  });
  all.push(child);
  onTestFinished(() => child.stop());
  const times = (count: number) => expect.poll(() => ready.length, { timeout: 10_000 }).toBe(count);
  return { child, control, said, lines, ready, times };
}

it("one that is stopped by hand stays away until it is started, as often as anybody likes", async () => {
  const { child, control, said, times } = start();
  for (let round = 1; round <= OFTEN; round++) {
    await times(round);
    await control.stop("service");
    expect([control.isStopped("service"), child.pid()]).toEqual([true, undefined]);
    // Neither is it another death, nor does a changed file bring it back.
    control.kill("service");
    await child.restart();
    expect(child.pid()).toBeUndefined();
    await control.start("service");
    await control.start("service");
    expect(control.isStopped("service")).toBe(false);
  }
  await times(OFTEN + 1);
  expect(said).toEqual([]);
});

it("one that is killed by hand comes back by itself, and is never given up for it", async () => {
  const { child, control, said, times } = start();
  const pids = new Set<number | undefined>();
  for (let round = 1; round <= OFTEN; round++) {
    await times(round);
    pids.add(child.pid());
    control.kill("service");
  }
  await times(OFTEN + 1);
  expect([pids.size, said]).toEqual([OFTEN, Array.from({ length: OFTEN }, () => "killed by hand")]);
});

it("one that dies by itself is still given up after five times, and a kill by hand is none of them", async () => {
  const { control, said, times } = start(`${PROGRAM} setTimeout(() => process.exit(3), 100)`);
  await times(1);
  control.kill("service");
  await expect.poll(() => said.at(-1), { timeout: 10_000 }).toBe("service does not stay up: exit code 3");
  const died = Array.from({ length: 4 }, () => "exit code 3");
  expect(said.slice(0, -1)).toEqual(["killed by hand", ...died]);
});

it("one that is stopped by hand while all ends is told so once, and has its time", async () => {
  const { child, control, lines, times } = start(`${PROGRAM}
    process.on("SIGTERM", () => { console.log("told"); setTimeout(() => process.exit(), 200); });
  `);
  await times(1);
  await Promise.all([control.stop("service"), child.stop()]);
  expect(lines.filter((line) => line === "told")).toHaveLength(1);
});

it("a clock is ahead from the next start on, which is at once, and right again when told so", async () => {
  const { control, ready, times } = start();
  await times(1);
  const aheadOf = (line: (typeof ready)[number] | undefined) =>
    Math.abs(Math.round((Number(line?.now) - Date.now()) / 60_000));
  await control.clock("service", 600_000);
  await times(2);
  expect(aheadOf(ready[1])).toBe(10);
  control.kill("service");
  await times(3);
  expect(aheadOf(ready[2])).toBe(10);
  await control.clock("service", 0);
  await times(4);
  expect(ready.map(aheadOf)).toEqual([0, 10, 10, 0]);
});

it("a clock that is ahead is so however somebody asks for the time", () => {
  const program = `
    const [, year] = [new Date("2020-02-02"), 2020];
    console.log(JSON.stringify([Date.now(), +new Date(), Date.parse(Date()), new Date() instanceof Date,
      new Date(2020, 1, 2).getDate(), new Date(5).getTime(), new (class extends Date {})() instanceof Date, year]));
  `;
  const { stdout } = spawnSync(process.execPath, ["--import", import.meta.resolve("./clock.mjs"), "-e", program], {
    env: { ...process.env, CLOCK_AHEAD_MS: "3600000" },
  });
  const [now, made, text, ...rest] = JSON.parse(stdout.toString());
  const minutes = (at: number) => Math.round((at - Date.now()) / 60_000);
  expect([now, made, text].map(minutes)).toEqual([60, 60, 60]);
  expect(rest).toEqual([true, 2, 5, true, 2020]);
});

it("a name that is none is said so", async () => {
  const { control } = start();
  expect(() => control.kill("nobody")).toThrow("nobody: is no process of this system");
  expect(control.names()).toEqual(["service"]);
});
