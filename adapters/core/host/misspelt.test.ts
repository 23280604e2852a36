import { expect, it } from "vitest";
import { misspelt, nearest } from "./misspelt.ts";

const SETTINGS = ["APP_PORT", "APP_HOST", "TOPICS", "GIVE_UP_AFTER_MS"];

it.each([
  ["a letter that is missing", "APP_PRT", "APP_PORT"],
  ["letters the other way round", "APP_PROT", "APP_PORT"],
  ["a letter too many", "TOPPICS", "TOPICS"],
  ["two wrong letters in a long name", "GIVEUP_AFTER_M", "GIVE_UP_AFTER_MS"],
  ["another name", "EDITOR", undefined],
  ["two wrong letters in a short name, which is another name", "TPOCIS", undefined],
])("knows what is meant by %s", (_what, name, meant) => {
  expect(nearest(name, SETTINGS)).toBe(meant);
});

it("says nothing of what is a setting or looks like none", () => {
  const env = { APP_PORT: "1", APP_HSOT: "x", PATH: "/bin", HOME: "/" };
  expect(misspelt(env, SETTINGS)).toEqual([
    { variable: "APP_HSOT", hint: "APP_HSOT: is no setting; did you mean APP_HOST?" },
  ]);
});
