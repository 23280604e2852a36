import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseDockerfile } from "../e2e/kubernetes/dockerfile.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
const instructions = read("Dockerfile")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const);
const argumentsOf = (name: string) => instructions.find(([each]) => each === name)?.[1];

it("the base is a Node 24 of its digest, or whatever an argument says", () => {
  expect(instructions.slice(0, 2)).toEqual([
    ["ARG", expect.stringMatching(/^NODE=node:24\.[\w.-]+@sha256:[0-9a-f]{64}$/)],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own.
    ["FROM", "${NODE}"],
  ]);
});

const work = mkdtempSync(join(tmpdir(), "loosely-image-"));
const app = join(work, "app");
const { copies } = parseDockerfile(read("Dockerfile"));

/** Names of built files that a pattern of the top of the project means. */
const built = (pattern: string) => globSync(pattern, { cwd: work }).map((file) => basename(file));

beforeAll(() => {
  execFileSync(process.execPath, ["esbuild.config.mjs", join(work, "dist")], { cwd: ROOT });
  mkdirSync(app);
  for (const { from } of copies)
    for (const file of globSync(from, { cwd: work })) copyFileSync(join(work, file), join(app, basename(file)));
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

it("all that is built for a sidecar is in the image, maps for its errors too, in a folder that can be looked into, and nothing else", () => {
  const wanted = built("dist/dapr/*");
  expect(wanted).toEqual(expect.arrayContaining(["sdk.cjs", "sdk.cjs.map"]));
  expect(readdirSync(app).toSorted()).toEqual(wanted.toSorted());
  expect(argumentsOf("WORKDIR")).toBe("/app");
  expect(argumentsOf("COPY")).toMatch(/^--chmod=0444 /);
  expect(copies.map(({ to }) => to)).toEqual(copies.map(() => "/app/"));
  const [all, ...taken] = read("../../.dockerignore").trimEnd().split("\n");
  expect([all, ...taken.map((line) => line[0])]).toEqual(["*", ...taken.map(() => "!")]);
  expect(taken.flatMap((line) => built(line.slice(1))).toSorted()).toEqual(wanted.toSorted());
});

it.each(["http", "sdk"])(
  "what is in the image starts with DAPR_CLIENT=%s, since what a bundle loads later lies beside it",
  async (client) => {
    const service = spawn(process.execPath, [join(app, "order.mjs")], {
      cwd: tmpdir(),
      env: { APP_HOST: "127.0.0.1", APP_PORT: "0", DAPR_CLIENT: client },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said: string[] = [];
    for (const input of [service.stdout, service.stderr])
      createInterface({ input }).on("line", (line) => {
        said.push(line);
        if (line.includes('"ready"')) service.kill("SIGTERM");
      });
    const code = await new Promise((resolve) => service.once("close", resolve));
    expect([code, said.join("\n")]).toEqual([0, expect.stringContaining('"ready"')]);
  },
);

it("the user is a number, since Kubernetes refuses to start a name as non-root", () => {
  expect(argumentsOf("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});

it("nothing is run while it is built, the base's entrypoint stays, and no function is what starts where none is named", () => {
  expect(instructions.map(([name]) => name)).toEqual(["ARG", "FROM", "WORKDIR", "COPY", "ENV", "USER"]);
});
