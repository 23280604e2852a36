import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { system } from "../functions/index.ts";

const HERE = import.meta.dirname;
/** What is a test, or data of one. */
const OF_TESTS = /\.test\.ts$|\/test-[\w-]+\.ts$|contract\.ts$|^conformance\/cases\//;

const sources = globSync("**/*.ts", { cwd: HERE }).filter(
  (file) => !file.startsWith("effects/") && !OF_TESTS.test(file),
);

const either = (words: readonly string[]): string => words.map((word) => word.replaceAll(/[.*+?]/g, "\\$&")).join("|");
const topics = system.events.flatMap(({ topic }) => topic ?? []);
/** Words of a language, too: only where they stand as a name. */
const names = either([...new Set([...topics, ...system.functions.map(({ name }) => name)])]);
/** order.created.v1: OrderCreated, and the type itself. */
const types = system.events.map(({ type }) => type.split(".").slice(2, -1));
const events = either(types.map((parts) => parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("")));
const WORDS = new RegExp(
  [
    `["'\`/](?:${names})["'\`/]`,
    `\\b(?:${events})\\b`,
    either(system.events.map(({ type }) => type)),
    `\\b${system.name}\\b`,
    `\\bcreate(?:${either(system.effects.map((effect) => effect.charAt(0).toUpperCase() + effect.slice(1)))})\\b`,
  ].join("|"),
  "g",
);

it("reads what it is about", () => {
  expect(sources).toEqual(expect.arrayContaining(["core/dispatch/dispatch.ts", "dapr/app.ts", "local/start.ts"]));
  expect('fn.name === "order" && OrderCreated, of the shop, on `/orders/`'.match(WORDS)).toHaveLength(4);
});

it.each(sources)("%s knows nothing of our system: it serves any", (file) => {
  expect(readFileSync(join(HERE, file), "utf8").match(WORDS) ?? []).toEqual([]);
});
