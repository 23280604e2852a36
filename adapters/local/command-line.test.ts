import { expect, it } from "vitest";
import { parseCommandLine, refuseTaken } from "./command-line.ts";

const options = { port: { type: "string", default: "1" }, "as-is": { type: "boolean" } } as const;
const parse = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  parseCommandLine({ command: "npm run it", options, args, env });
const UNDER_NPM = { npm_lifecycle_event: "it" };

it("gives what was typed, and what is not typed by default", () => {
  expect(parse(["--as-is"])).toEqual({ port: "1", "as-is": true });
});

it.each([
  ["an option that is misspelt", ["--prot", "1"], {}, "--prot: is no option; did you mean --port?"],
  ["an option that is like none", ["--colour"], {}, "--colour: is no option"],
  ["an option without its value", ["--port"], {}, "Option '--port <value>' argument missing"],
  [
    "a value that looks like an option",
    ["--port", "-1"],
    {},
    '--port: must have a value; one that begins with "-" stands behind "=": --port=-…',
  ],
  ["a word", ["9000"], {}, '9000: is no option; options stand behind "--": npm run it -- --port …'],
  [
    'no "--", so that npm has taken the option',
    ["9000"],
    { ...UNDER_NPM, npm_config_port: "true" },
    '--port: npm took it for one of its own; write "--" first: npm run it -- --port',
  ],
  [
    "the same, of an option with a hyphen",
    [],
    { ...UNDER_NPM, npm_config_as_is: "true" },
    '--as-is: npm took it for one of its own; write "--" first: npm run it -- --as-is',
  ],
])("says in one line what is wrong with %s", (_what, args, env, message) => {
  expect(() => parse(args, env)).toThrow(expect.objectContaining({ name: "UsageError", message }));
});

it("lets alone what npm was told for another script, as one that starts this one", () => {
  expect(parse([], { npm_lifecycle_event: "test", npm_config_port: "true" })).toEqual({ port: "1" });
});

it.each(["prefix", "yes"])("lets alone %s, which npm hears whatever was typed", (name) => {
  const env = { ...UNDER_NPM, [`npm_config_${name}`]: "true" };
  expect(() => refuseTaken([name], { command: "npm run it", env })).not.toThrow();
});
