import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Built, buildPackage } from "./build.ts";
import { ENTRIES, PEERS } from "./manifest.ts";

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const MODULES = join(import.meta.dirname, "../../node_modules");
const MOST_PACKED = 1_200 * 1_024;
const TAKES_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), "loosely-package-"));
let built: Built;
beforeAll(async () => {
  built = await buildPackage(join(folder, "built"));
}, TAKES_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project with the packed package, and of others what it asks for: nothing of this repository is in reach. */
function project(name: string, { peers }: { readonly peers: readonly string[] }) {
  const root = join(folder, name);
  const own = join(root, "node_modules/loosely");
  mkdirSync(own, { recursive: true });
  execFileSync("tar", ["-xzf", built.tarball, "-C", own, "--strip-components=1"]);
  const { dependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8"));
  for (const each of [...Object.keys(dependencies), ...peers]) {
    mkdirSync(dirname(join(root, "node_modules", each)), { recursive: true });
    symlinkSync(join(MODULES, each), join(root, "node_modules", each));
  }
  writeFileSync(join(root, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(root, "system.ts"), SYSTEM);
  return {
    root,
    run(code: string): string {
      writeFileSync(join(root, "run.ts"), code);
      return execFileSync(process.execPath, ["run.ts"], { cwd: root, encoding: "utf8" });
    },
  };
}

const SYSTEM = `
import { defineEvent, defineFunction, defineSystem, when } from "loosely";
import * as v from "valibot";

const ParcelSent = defineEvent({
  type: "com.example.parcel.sent.v1",
  topic: "parcels",
  data: v.object({ parcelId: v.string() }),
  subject: ({ parcelId }) => parcelId,
});

interface Effects {
  readonly notify: (text: string) => Promise<void>;
}

const createTracking = ({ notify }: Effects) =>
  defineFunction({
    name: "tracking",
    on: [
      when(ParcelSent, async ({ subject }) => {
        await notify(\`\${subject} is on its way\`);
        return {};
      }),
    ],
  });

export const system = defineSystem({ name: "parcels", functions: [createTracking] });
export const effects = (): Effects => ({ notify: async (text) => console.log(JSON.stringify({ notified: text })) });
`;

const EVENT = {
  ...{ specversion: "1.0", id: "1", source: "/depot", type: "com.example.parcel.sent.v1", subject: "p-1" },
  data: { parcelId: "p-1" },
};

it.each(Object.entries(ENTRIES))("loosely%s is there with what it asks for, and nothing else", (entry, _file) => {
  const peers = PEERS[entry as keyof typeof ENTRIES];
  const { run } = project(`entry-${entry.replace("./", "")}`, { peers });
  const name = entry.replace(".", "loosely");
  expect(run(`console.log(Object.keys(await import("${name}")).length > 0)`)).toBe("true\n");
});

it("a function of the package is run in memory, and its effect asked for once however often the event comes", () => {
  const { run } = project("testing", { peers: [] });
  const printed = run(`
import { createFunctions, createMemoryLedger, dispatch } from "loosely/testing";
import { effects, system } from "./system.ts";
const [fn] = createFunctions(system, effects());
if (!fn) throw new Error("no function");
const ports = { ledger: createMemoryLedger(), publish: async () => {}, now: Date.now, deadlineMs: 1_000, leaseMs: 9_000 };
for (let times = 0; times < 2; times++) console.log(JSON.stringify(await dispatch(fn, { event: ${JSON.stringify(EVENT)} }, ports)));
`);
  expect(
    printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { notified: "p-1 is on its way" },
    { kind: "ack", how: "handled", said: [] },
    { kind: "ack", how: "duplicate" },
  ]);
});

it("a function of the package is a service behind a sidecar, which delivers to it", async () => {
  const { root } = project("dapr", { peers: PEERS["./dapr"] });
  writeFileSync(
    join(root, "service.ts"),
    `import { deployedFunction, runService } from "loosely/dapr";
import { effects, system } from "./system.ts";
await runService("tracking", () => deployedFunction(system, { name: "tracking", effects }));`,
  );
  const env = { PATH: process.env.PATH, APP_PORT: "0", LEDGER: "memory", APP_API_TOKEN: "t" };
  const child = spawn(process.execPath, ["service.ts"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? "null");
    let line = await next();
    while (line.msg !== "ready") line = await next();
    const answer = await fetch(`${line.address}/parcels`, {
      method: "POST",
      headers: { "content-type": "application/cloudevents+json", "dapr-api-token": "t" },
      body: JSON.stringify(EVENT),
    });
    expect([answer.status, await answer.json()]).toEqual([200, { status: "SUCCESS" }]);
    expect(await next()).toEqual({ notified: "p-1 is on its way" });
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

it("a function of the package is a handler of Lambda, which says what its environment lacks", () => {
  const { run } = project("lambda", { peers: [] });
  const printed = run(`
import { createService, deployedFunction } from "loosely/lambda";
import { effects, system } from "./system.ts";
const deployed = deployedFunction(system, { name: "tracking", effects });
try { createService(deployed, {}); } catch (error) { console.log((error as Error).message.includes("LEDGER_TABLE")); }
`);
  expect(printed).toBe("true\n");
});

it(
  "a system is made of the template: its tests pass, its types are right, and it handles what it is asked when it is started",
  async () => {
    const { root } = project("init", { peers: [...PEERS["./dapr"], "yaml", "@types/node"] });
    const bin = join(root, "node_modules/loosely/deploy/package/bin.js");
    const printed = execFileSync(process.execPath, [bin, "init", "my-system"], { cwd: root, encoding: "utf8" });
    expect(printed).toContain("cd my-system && npm install && npm start");
    const own = join(root, "my-system");
    expect(JSON.parse(readFileSync(join(own, "package.json"), "utf8"))).toMatchObject({
      name: "my-system",
      dependencies: { loosely: "^0.1.0" },
    });
    execFileSync(process.execPath, ["--test"], { cwd: own, encoding: "utf8" });
    expect(execFileSync(process.execPath, [TSC, "-p", own], { encoding: "utf8" })).toBe("");

    const child = spawn(process.execPath, [bin, "start", "--port", "0"], {
      cwd: own,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const until = async (pattern: RegExp): Promise<string> => {
        const { value = "", done } = await lines.next();
        if (done) throw new Error(`ended before it said ${pattern}`);
        return pattern.exec(value)?.[1] ?? until(pattern);
      };
      const url = await until(/guestbook +(http:\S+)/);
      const page = await until(/See +(http:\S+)/);
      expect((await fetch(`${page}page.js`)).status).toBe(200);
      const headers = { "content-type": "application/json" };
      const asked = await fetch(`${url}/visits`, { method: "POST", headers, body: '{"name":"Ada"}' });
      expect(asked.status).toBe(202);
      expect(await until(/(Hello, Ada!)/)).toBe("Hello, Ada!");
      await until(/visit\.signed +(done)/);
      const shown = await fetch(`${url}${asked.headers.get("location")}`);
      expect(await shown.json()).toEqual({ name: "Ada", isGreeted: true });
      const exit = once(child, "exit");
      child.kill("SIGINT");
      expect(await exit).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  },
  TAKES_MS,
);

it.each([
  ["a command that there is not", ["bild"], "bild: must be one of init, start, say, story, dead"],
  ["a folder whose name no system can have", ["init", "My System"], "FOLDER: its name must match"],
  ["a folder that is not empty", ["init", "init"], "init: must be empty, or not be there"],
  ["a project without a system", ["start"], "functions/index.ts: must be there and export system"],
])("explains %s", (_what, args, why) => {
  const { root } = project(`explains-${args.join("-")}`, { peers: [...PEERS["./dapr"], "yaml"] });
  mkdirSync(join(root, "init"), { recursive: true });
  writeFileSync(join(root, "init/file"), "");
  const bin = join(root, "node_modules/loosely/deploy/package/bin.js");
  const { status, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: root, encoding: "utf8" });
  expect([status, stderr]).toEqual([args[0] === "start" ? 1 : 2, expect.stringContaining(why)]);
});

it("types are right for who checks strictly, libraries included", () => {
  const { root } = project("types", { peers: [...new Set(Object.values(PEERS).flat()), "@types/node"] });
  const hosts = Object.keys(ENTRIES).map(
    (entry, at) => `import * as part${at} from "${entry.replace(".", "loosely")}";`,
  );
  const uses = Object.keys(ENTRIES).map((_, at) => `part${at}`);
  writeFileSync(
    join(root, "all.ts"),
    `${hosts.join("\n")}
import { effects, system } from "./system.ts";
export const handler = part3.createService(part3.deployedFunction(system, { name: "tracking", effects }));
export const all = [${uses.join(", ")}];`,
  );
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2024",
    noEmit: true,
  };
  const compilerOptions = { ...options, types: ["node"], allowImportingTsExtensions: true, lib: ["es2024", "esnext"] };
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts"] }));
  const said = () => execFileSync(process.execPath, [TSC, "-p", root], { encoding: "utf8" });
  expect(said()).toBe("");
});

it("publint finds nothing", async () => {
  const { messages } = await publint({ pkgDir: built.folder, strict: true });
  expect(messages).toEqual([]);
});

it("are the types wrong? finds nothing, but that it has no CommonJS", async () => {
  const { types, problems } = (await checkPackage(
    createPackageFromTarballData(readFileSync(built.tarball)),
  )) as Exclude<Awaited<ReturnType<typeof checkPackage>>, { readonly types: false }>;
  expect(types).toMatchObject({ kind: "included" });
  expect(problems.filter(({ kind, ...where }) => kind !== "CJSResolvesToESM" && !isOld(where))).toEqual([]);
});

/** Before Node 12 nobody knew exports. */
const isOld = (where: object): boolean => (where as { readonly resolutionKind?: string }).resolutionKind === "node10";

it("holds what it needs, and neither tests nor functions of ours", () => {
  const paths = built.files.map(({ path }) => path);
  const ours =
    /\.test\.|^functions\/(?!kernel\/|index\.js|events\/(index|sampled)\.)|^adapters\/effects\/(?!index\.js)/;
  expect(paths.filter((path) => ours.test(path) && !path.includes("/template/"))).toEqual([]);
  expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
  expect(built.packed).toBeLessThan(MOST_PACKED);
});
