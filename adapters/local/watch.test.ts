import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startSystem } from "./launcher.ts";
import { pubsubYaml, stateYaml } from "./test-app.ts";
import { until } from "./test-shop.ts";
import { affectedBy, watchSources } from "./watch.ts";

const NAMES = ["one", "two"];

function newProject() {
  const root = mkdtempSync(join(tmpdir(), "loosely-watch-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  /** As editors do: another file takes its place. */
  const save = (file: string, text: string) => {
    mkdirSync(join(root, file, ".."), { recursive: true });
    writeFileSync(join(root, `${file}~`), text);
    renameSync(join(root, `${file}~`), join(root, file));
  };
  for (const name of NAMES) save(`functions/${name}/handler.ts`, `console.log("${name} as it was");`);
  save("package.json", '{ "type": "module" }');
  save("functions/kernel/shared.ts", "export const shared = 1;");
  save("adapters/dapr/main.ts", PROGRAM);
  save("yaml/pubsub.yaml", pubsubYaml());
  save("yaml/state.yaml", stateYaml);
  return { root, save };
}

const PROGRAM = `
  await import("../../functions/" + process.argv[2] + "/handler.ts");
  process.on("SIGTERM", () => process.exit());
  setInterval(() => {}, 1_000);
  console.log(JSON.stringify({ level: 30, msg: "ready", address: "http://127.0.0.1:1" }));
`;

/** As \`npm start -- --watch\` runs ours. */
async function start({ isWatched = true } = {}) {
  const project = newProject();
  const said: string[] = [];
  const controller = new AbortController();
  const runnable = {
    system: "s",
    services: NAMES.map((name) => ({ name, hasEdge: false })),
    program: join(project.root, "adapters/dapr/main.ts"),
    resources: [join(project.root, "yaml")],
  };
  const say = (text: string) => void said.push(text);
  const starting = startSystem({
    ...runnable,
    port: 0,
    dataDir: join(project.root, "data"),
    signal: controller.signal,
    onLine: ({ msg, stream }) => void (stream && said.push(String(msg))),
    onTrouble: say,
    ...(isWatched
      ? {
          onRunning: (restart) =>
            watchSources({ ...runnable, restart, say, signal: controller.signal, root: project.root }),
        }
      : {}),
  });
  onTestFinished(async () => {
    controller.abort();
    await starting.then((started) => started.stop()).catch(() => {});
  });
  return {
    ...project,
    said,
    starting,
    says: (text: string) => until(() => said.some((one) => one.includes(text)), text),
  };
}

it("starts again what has changed when it is saved, and nothing else", async () => {
  const { save, said, starting, says } = await start();
  await starting;
  const before = [...said];
  save("functions/one/handler.ts", 'console.log("one as it is");');
  await says("functions/one/handler.ts: one started again");
  expect(said.slice(before.length)).toEqual([
    "one as it is",
    expect.stringMatching(/^functions\/one\/handler\.ts: one started again in \d+ ms$/),
  ]);
});

it("sees a function whose folder is new, and a file saved a second time", async () => {
  const { save, said, starting, says } = await start();
  await starting;
  save("functions/one/parts/price.ts", "export const price = 1;");
  await says("functions/one/parts/price.ts: one started again");
  save("functions/one/parts/price.ts", "export const price = 2;");
  await until(() => said.filter((one) => one.includes("price.ts: one started again")).length === 2, "it is seen again");
});

it("says once that a function is new, which no service runs", async () => {
  const { save, said, starting, says } = await start();
  await starting;
  save("functions/three/handler.ts", "export {};");
  await says("functions/three: no service runs it yet");
  save("functions/three/handler.ts", "export {};");
  save("functions/one/handler.ts", "export {};");
  await says("functions/one/handler.ts: one started again");
  expect(said.filter((text) => text.includes("three"))).toHaveLength(1);
});

it("shows a syntax error once, and waits for the next save", async () => {
  const { save, said, starting, says } = await start();
  await starting;
  save("functions/two/handler.ts", "const = 1;");
  await says("waiting for the next save");
  save("functions/two/handler.ts", 'console.log("two is mended");');
  await says("two started again");
  expect(said.join("\n").match(/two cannot be started: exit code 1\n.*handler\.ts:1\n/g)).toHaveLength(1);
  expect(said.join("\n").match(/SyntaxError/g)).toHaveLength(1);
  expect(said).toContain("two is mended");
});

it.each([
  { how: "and ends, without --watch", isWatched: false },
  { how: "and waits until it is mended, with --watch", isWatched: true },
])("says a fault of YAML once, $how", async ({ isWatched }) => {
  const project = start({ isWatched });
  // Before anything runs.
  const { save, said, starting, says } = await project;
  save("yaml/pubsub.yaml", pubsubYaml({ concurrency: "none" }));
  const fault = /spec\.metadata\.concurrency: must be a number from 1 up, got none/g;
  if (isWatched) {
    await says("waiting for the next save");
    expect(said.join("\n").match(fault)).toHaveLength(1);
    save("yaml/pubsub.yaml", pubsubYaml());
    await starting;
  } else {
    const error = await starting.then(String, String);
    expect([said, error.match(fault)?.length]).toEqual([[], 1]);
  }
});

it.each([
  ["a function's own folder", "functions/one/handler.ts", ["one"]],
  ["what another function has of it", "functions/two/parts.ts", ["one", "two"]],
  ["what all share", "functions/kernel/shared.ts", NAMES],
  ["the list of all", "functions/registry.ts", NAMES],
  ["the code that hosts them", "adapters/dapr/main.ts", NAMES],
  ["the local sidecar", "adapters/local/broker.ts", ["sidecars"]],
  ["YAML", "yaml/pubsub.yaml", ["sidecars"]],
  ["another host", "adapters/lambda/sqs.ts", []],
  ["a test", "functions/one/handler.test.ts", []],
  ["a page", "functions/one/README.md", []],
])("knows who runs %s", (_what, file, names) => {
  const { root, save } = newProject();
  save("functions/one/more.ts", 'export { part } from "../two/parts.ts";');
  expect(affectedBy(file, { root, names: NAMES, yaml: ["yaml"] })).toEqual(names);
});
