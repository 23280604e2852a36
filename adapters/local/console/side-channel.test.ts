import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { expect, it, onTestFinished, test } from "vitest";
import { publishEvent, pubsubYaml, resourcesWith, startApp, subscriptionsYaml, temporaryFolder } from "../test-app.ts";
import type { Recorded } from "./recorder.ts";
import { createSideChannel, openSide } from "./side-channel.ts";
import { onLines } from "./side-lines.ts";

/** The sidecars' process, as the launcher starts it. */
async function startSidecars() {
  const app = await startApp();
  const resources = [resourcesWith({ "p.yaml": pubsubYaml(), "s.yaml": subscriptionsYaml([{ topic: "t" }]) })];
  const options = {
    ...{ resources, database: join(temporaryFolder(), "broker.db"), isRecorded: true },
    apps: [{ appId: "app", appPort: app.port, httpPort: 0 }],
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "../main.ts")], {
    env: { ...process.env, LOOSELY_SIDECARS: JSON.stringify(options) },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text);
      if (line.msg === "ready") resolve(line.apps[0].httpPort);
    });
  });
  const side = child.stdio[3] as Readable;
  const publish = (id: number, padding = "") =>
    publishEvent(port, "t", { specversion: "1.0", id: String(id), source: "/s", type: "t", data: padding });
  return { app, side, publish, stop: () => child.stdin.end(), ended };
}

const BURST = 60;
/** Together more than a socket holds. */
const PADDING = "x".repeat(200_000);

test("a launcher that reads nothing delays no delivery, and is told all when it reads again", async () => {
  const { app, side, publish } = await startSidecars();
  for (let id = 0; id < BURST; id++) expect(await publish(id, PADDING)).toBe(204);
  await app.until(({ length }) => length === BURST);
  const lines: Recorded[] = [];
  onLines(side, (line) => lines.push(JSON.parse(line)));
  await expect.poll(() => lines.length, { timeout: 5_000 }).toBe(3 * BURST);
  const events = lines.filter(({ kind }) => kind === "answered").map(({ event }) => Number(event));
  expect(events.sort((one, other) => one - other)).toEqual(Array.from({ length: BURST }, (_, id) => id));
});

test("a launcher that has closed its end fails no delivery, nor an end in good order", async () => {
  const { app, side, publish, stop, ended } = await startSidecars();
  side.destroy();
  for (let id = 0; id < BURST; id++) expect(await publish(id)).toBe(204);
  await app.until(({ length }) => length === BURST);
  stop();
  expect(await ended).toBe(0);
});

test("what happens before an end in good order is told to the last line", async () => {
  const { app, side, publish, stop, ended } = await startSidecars();
  const kinds: string[] = [];
  await publish(1, PADDING);
  await app.until(({ length }) => length === 1);
  stop();
  onLines(side, (line) => kinds.push((JSON.parse(line) as Recorded).kind));
  expect(await ended).toBe(0);
  await expect.poll(() => kinds).toEqual(["published", "delivered", "answered"]);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

it("loses what is too much to hold, and says how much when somebody reads again", async () => {
  const to = new PassThrough({ highWaterMark: 1 });
  const lost: number[] = [];
  const { write } = createSideChannel(to, { most: 30, onLost: (lines) => lost.push(lines) });
  const tell = async (...lines: readonly string[]) => {
    for (const line of lines) write(line, true);
    await turn();
  };
  await tell("first", "second, a long one");
  await tell("third", "fourth, a long one");
  await tell("fifth");
  await tell("sixth", "seventh");
  const read: string[] = [];
  onLines(to, (line) => read.push(line));
  await turn();
  await tell("eighth");
  await turn();
  expect([read, lost]).toEqual([["first", "second, a long one", "third", "fourth, a long one", "eighth"], [3]]);
});

it("writes what is urgent before an answer that is awaited, and what waits with it in its order", async () => {
  const to = new PassThrough();
  const { write } = createSideChannel(to, { onLost: () => {} });
  const read: string[] = [];
  write("one");
  write("two", true);
  write("three", true);
  await Promise.resolve();
  onLines(to, (line) => read.push(line));
  write("four");
  await turn();
  expect(read).toEqual(["one", "two", "three"]);
  await expect.poll(() => read).toEqual(["one", "two", "three", "four"]);
});

it("takes a descriptor that is none for nobody", () => {
  expect(openSide(9_999)).toBeUndefined();
});

it("tells nothing more to somebody who has gone, and is closed at once then", async () => {
  const to = new PassThrough();
  const { write, close } = createSideChannel(to, { onLost: () => {} });
  write("one");
  to.destroy(new Error("broken pipe"));
  await turn();
  write("two");
  await close();
  expect(to.destroyed).toBe(true);
});

it.each([1, 3, 1_000])(
  "lines are whole and in their order, whatever pieces they come in: %i bytes at once",
  async (size) => {
    const from = new PassThrough();
    const lines: string[] = [];
    onLines(from, (line) => lines.push(line));
    const bytes = Buffer.from("one\nzwölf\n\nthree\nhalf");
    for (let at = 0; at < bytes.length; at += size) from.write(bytes.subarray(at, at + size));
    await turn();
    expect(lines).toEqual(["one", "zwölf", "", "three"]);
  },
);
