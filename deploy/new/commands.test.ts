import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SOURCES = ["functions", "adapters", "deploy", "README.md", "biome.json", "package.json"];

/** The whole project once more, packages aside, which are found by a link. */
function copyProject() {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const root = mkdtempSync(join(ROOT, "dist/project-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const path of SOURCES) cpSync(join(ROOT, path), join(root, path), { recursive: true });
  cpSync(join(ROOT, "node_modules/.bin/biome"), join(root, "node_modules/.bin/biome"));
  const read = () =>
    new Map(
      globSync("{functions,adapters,deploy,README.md}{,/**}", { cwd: root, withFileTypes: true })
        .filter((each) => each.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
        .map((path) => [path.slice(root.length + 1), readFileSync(path, "utf8")] as const),
    );
  const run = (script: "main" | "remove", line: string) => {
    const args = [join(root, `deploy/new/${script}.ts`), ...line.split(" ")];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  return { root, read, run };
}

const MAKE =
  "function made-by-test --on com.example.order.paid.v1 --emit com.acme.made-by-test.points-won.v1 --topic made-by-test";

it("npm run new writes what it says and nothing else, of what state is kept too, and npm run remove leaves no trace", () => {
  const { read, run } = copyProject();
  const before = read();
  const { status, stdout, stderr } = run("main", `${MAKE} --keeps state`);
  expect([status, stderr]).toEqual([0, ""]);
  const after = read();
  const changed = [...after].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
  const said = [...stdout.matchAll(/^(?: {2}|rendered: )(\S+)$/gm)].map(([, path]) => path);
  expect(changed.toSorted()).toEqual(said.toSorted());
  expect(changed).toEqual(
    expect.arrayContaining(["README.md", "functions/made-by-test/handler.ts", "functions/state-keys.json"]),
  );
  expect(run("remove", "function made-by-test")).toMatchObject({ status: 0, stderr: "" });
  expect(read()).toEqual(before);
}, 60_000);

it("npm run new takes back all that it wrote where the rest is at fault, and says in a line what it is", () => {
  const { root, read, run } = copyProject();
  rmSync(join(root, "adapters/effects/charge.ts"));
  const before = read();
  const { status, stderr } = run("main", MAKE);
  expect([status, stderr]).toEqual([
    1,
    "deploy/generate/main.ts: adapters/effects/charge.ts: must export createCharge(env), which makes the effect charge of functions/billing/handler.ts\n",
  ]);
  expect(existsSync(join(root, "functions/made-by-test"))).toBe(false);
  expect(read()).toEqual(before);
}, 60_000);

it("what a state belongs to may change until it is committed, and then no more without another version", () => {
  const { root, run } = copyProject();
  const git = (...args: string[]) =>
    spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@localhost", ...args], { cwd: root });
  const keys = () => {
    const { status, stderr } = spawnSync(process.execPath, ["deploy/state-keys/main.ts"], {
      cwd: root,
      encoding: "utf8",
    });
    return [status, stderr];
  };
  const edit = (from: string, to: string) => {
    const path = join(root, "functions/made-by-test/handler.ts");
    const text = readFileSync(path, "utf8");
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  git("init", "-q");
  git("add", "functions/state-keys.json");
  git("commit", "-qm", "before");
  expect(run("main", `${MAKE} --keeps state`).status).toBe(0);
  edit("when(OrderPaid, ", "when(OrderPaid, { key: ({ data }) => data.customer.email }, ");
  expect(keys()).toEqual([0, ""]);
  git("commit", "-qam", "after");
  edit("data.customer.email", "data.customer.name");
  expect(keys()).toEqual([
    1,
    "made-by-test: what its state belongs to has changed for com.example.order.paid.v1: raise its version, 1\n",
  ]);
}, 60_000);
