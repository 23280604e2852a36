import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestShop, type ShopProcess, type TestShop, until } from "../../../adapters/local/test-shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Of the time in which as many processes of a bare Node start, side by side. */
const MOST_START_RATIO = 20;
/** The launcher, the sidecars, the four services. */
const PROCESSES = 6;
const MOST_GROWTH = 1.2;
/** Each order makes seven events that somebody handles: as many as fill what remembers the last ones, and 20,000 in the end. */
const FIRST_ORDERS = 700;
const ORDERS = 2_000;
const LAST_ORDERS = 160;

const folder = mkdtempSync(join(tmpdir(), "loosely-heap-"));
const heapLog = join(folder, "heap.jsonl");
let shop: TestShop;
let processes: readonly ShopProcess[];

beforeAll(async () => {
  shop = await createTestShop();
});

afterAll(async () => {
  await shop.close();
  shop.forget();
  rmSync(folder, { recursive: true, force: true });
});

it("npm start is ready in a few times what its processes need to start at all", async () => {
  const ratios: number[] = [];
  for (let round = 0; round < 3; round++) {
    const bare = await timeOf(() => Promise.all(Array.from({ length: PROCESSES }, startBareNode)));
    const ours = await timeOf(async () => expect(await shop.open()).toHaveLength(PROCESSES));
    ratios.push(ours / bare);
    await shop.close();
  }
  console.log(`ready after ${ratios.map((ratio) => ratio.toFixed(1)).join(", ")} times as long as bare Node`);
  expect(Math.min(...ratios)).toBeLessThan(MOST_START_RATIO);
});

it("npm run load -- --orders 2000 loses nothing, and no process keeps anything of 20,000 events", async () => {
  const preload = `--import=${join(ROOT, "deploy/e2e/tools/report-heap.mjs")}`;
  processes = await shop.open({ NODE_OPTIONS: preload, HEAP_LOG: heapLog });
  await load(FIRST_ORDERS);
  const early = await heaps();
  const printed = await load(ORDERS);
  console.log(printed);
  expect(printed).toMatch(/^lost +0$/m);
  await load(LAST_ORDERS);
  const late = await heaps();
  const growth = processes.map(({ pid, name }) => ({
    name,
    ratio: (late.get(pid) ?? Infinity) / (early.get(pid) ?? 1),
  }));
  console.log(growth.map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`).join(", "));
  expect(growth.filter(({ ratio }) => ratio > MOST_GROWTH)).toEqual([]);
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const startBareNode = () => promisify(execFile)(process.execPath, ["--eval", ""]);

/** out: what the command printed. throws: when it lost an order. */
async function load(orders: number): Promise<string> {
  const script = join(ROOT, "deploy/e2e/shop/load.ts");
  const args = [script, "--url", shop.url, "--orders", String(orders)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, NO_COLOR: "1" } });
  return stdout;
}

/** out: bytes, after a collection, by pid */
async function heaps(): Promise<ReadonlyMap<number, number>> {
  writeFileSync(heapLog, "");
  for (const { pid } of processes) process.kill(pid, "SIGWINCH");
  const read = () =>
    readFileSync(heapLog, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { pid: number; heapUsed: number });
  await until(() => read().length === processes.length, "every process has reported");
  return new Map(read().map(({ pid, heapUsed }) => [pid, heapUsed]));
}
