import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const read = (path: string) => readFileSync(join(import.meta.dirname, path), "utf8");
const instructions = read("Dockerfile")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const);
const argumentsOf = (name: string) => instructions.find(([each]) => each === name)?.[1];

it("the base is Node 24, or whatever a digest given as argument says", () => {
  expect(instructions.slice(0, 2)).toEqual([
    ["ARG", "NODE=node:24-slim"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's own.
    ["FROM", "${NODE}"],
  ]);
});

it("what is built for a sidecar is in the image, in a folder that can be looked into, and nothing else is", () => {
  expect(argumentsOf("WORKDIR")).toBe("/app");
  expect(argumentsOf("COPY")).toBe("--chmod=0444 dist/dapr/*.mjs /app/");
  expect(read("../../.dockerignore")).toBe("*\n!dist/dapr/*.mjs\n");
});

it("the user is a number, since Kubernetes refuses to start a name as non-root", () => {
  expect(argumentsOf("USER")).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});

it("nothing is run while it is built, and the base's entrypoint stays: Node, which gets the service as its argument", () => {
  expect(instructions.map(([name]) => name)).toEqual(["ARG", "FROM", "WORKDIR", "COPY", "ENV", "USER", "CMD"]);
  expect(argumentsOf("CMD")).toBe('["/app/order.mjs"]');
});
