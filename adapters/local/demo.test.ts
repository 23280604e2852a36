import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runCommand } from "./test-command.ts";
import { childrenOf, isRunning, until } from "./test-shop.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Story lines without what differs each time: the time, how long it took, the order, who was first. */
const story = (text: string): readonly string[] =>
  [...text.matchAll(/^\d\d:\d\d:\d\d\.\d{3} {2}(.*?) +[\d.]+ ms {2}[\da-f]{8}$/gm)].map(([, line = ""]) => line).sort();

/** Who handled what. */
const actOf = (line: string): readonly string[] => line.split(/ {2,}/).slice(0, 2);

it("npm run demo tells the story that the README shows, whatever others are told beside it, and ends with 0", () => {
  const told = execFileSync("npm", ["run", "-s", "demo"], {
    cwd: ROOT,
    encoding: "utf8",
    // Whatever sidecar elsewhere the shell names, the story is told here.
    env: { ...process.env, NO_COLOR: "1", DAPR_HTTP_ENDPOINT: "http://127.0.0.1:9" },
  });
  const shown =
    readFileSync(join(ROOT, "README.md"), "utf8").match(/<!-- story -->([\s\S]*)<!-- \/story -->/)?.[1] ?? "";
  const acts = story(shown).map(actOf);
  const [services, types] = [0, 1].map((at) => new Set(acts.map((act) => act[at])));
  expect(acts.length).toBeGreaterThan(8);
  // A function that was added hears the same events, and says others.
  const isShown = ([service, type]: readonly string[]) => services?.has(service) && types?.has(type);
  expect(story(told).filter((line) => isShown(actOf(line)))).toEqual(story(shown));
});

it("Ctrl-C ends it with 0, and leaves neither processes nor a folder behind", async () => {
  const tmp = mkdtempSync(join(tmpdir(), "loosely-demo-test-"));
  const demo = runCommand([process.execPath, join(import.meta.dirname, "demo.ts")], {
    cwd: ROOT,
    env: { TMPDIR: tmp },
  });
  await demo.says("POST /");
  const children = childrenOf(demo.pid);
  process.kill(-demo.pid, "SIGINT");
  expect(await demo.ended).toBe(0);
  await until(() => !children.some(({ pid }) => isRunning(pid)), "all are gone");
  expect(readdirSync(tmp).filter((name) => name.startsWith("loosely-demo-"))).toEqual([]);
  rmSync(tmp, { recursive: true });
});
