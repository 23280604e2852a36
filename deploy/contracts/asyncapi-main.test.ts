import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";
import { catalogue } from "../../functions/events/index.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import manifest from "../../package.json" with { type: "json" };
import { OURS } from "../entries.ts";
import { toAsyncApi } from "./asyncapi.ts";

const MAIN = join(import.meta.dirname, "asyncapi-main.ts");

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [status, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

const takes = ({ parse }: EventType, data: unknown): boolean => {
  try {
    parse(data);
    return true;
  } catch {
    return false;
  }
};

const samples = new Map<EventType, unknown>(catalogue.map((event) => [event, event.sample]));
const expected = (options = {}) => toAsyncApi(OURS.system, { version: manifest.version, samples, ...options });

it("prints the document as JSON, with an example of each event that is on a topic", async () => {
  const { status, stdout, stderr } = await run();
  expect([status, stderr, JSON.parse(stdout)]).toEqual([0, "", expected()]);
  const { messages } = JSON.parse(stdout).components as ReturnType<typeof expected>["components"];
  const published = new Set(OURS.system.events.filter(({ topic }) => topic !== undefined).map(({ type }) => type));
  const sayable = catalogue.filter((event) => published.has(event.type) && takes(event, event.sample));
  const shown = Object.values(messages).filter(({ examples }) => examples?.length === 1);
  expect(shown.map(({ name }) => name).toSorted()).toEqual(sayable.map(({ type }) => type).toSorted());
});

it("writes it as YAML, which older readers of YAML take for the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-asyncapi-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "a.yaml");
  const server = "kafka://broker.example.com:9092";
  const { status, stdout, stderr } = await run("--out", file, "--host", "aws", "--prefix", "p-", "--server", server);
  const document = expected({ host: "aws", prefix: "p-", server: new URL(server) });
  expect([status, stdout, stderr, parse(readFileSync(file, "utf8"), { version: "1.1" })]).toEqual([
    0,
    "",
    "",
    document,
  ]);
});

const PAGE = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const excerpt = parse(/```yaml\n(.*?)```/s.exec(PAGE)?.[1] ?? "") as Pick<ReturnType<typeof expected>, "components">;
const [shown = ""] = Object.keys(excerpt.components.messages);

it.runIf(OURS.system.events.some(({ type }) => type === shown))("shows in its page what it writes", () => {
  expect(expected()).toMatchObject(excerpt);
});

it.concurrent.each<readonly [readonly string[], number, string]>([
  [["a.yaml"], 2, "a.yaml: is no option; --out a.yaml writes there"],
  [["--host", "local"], 2, "--host: must be one of dapr, aws, gcloud, got local"],
  [["--prefix", "p-", "--host", "dapr"], 2, "--prefix: must stand beside --host aws or --host gcloud"],
  [["--server", "kafka://secret@b:9092"], 2, "--server: must be a URL with a host and without credentials"],
  [["--server", "kafka://:secret@b:9092"], 2, "--server: must be a URL with a host and without credentials"],
  [["--out", "/dev/null/a.yaml"], 1, "--out /dev/null/a.yaml: cannot be written"],
])("refuses %j, and writes nothing", async (args, code, message) => {
  const { status, stdout, stderr } = await run(...args);
  expect([status, stdout, stderr]).toEqual([code, "", expect.stringContaining(message)]);
  expect(stderr).not.toContain("secret");
});
