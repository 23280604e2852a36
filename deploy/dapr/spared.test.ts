import assert from "node:assert";
import fs from "node:fs";
import https from "node:https";
import { createRequire } from "node:module";
import worker from "node:worker_threads";
import { build, type Plugin } from "esbuild";
import { expect, it } from "vitest";
import { byName, leftOut, onDemand } from "./spared.ts";

const require = createRequire(import.meta.url);

/** out: what a bundle of that source exports */
async function run(contents: string, plugin: Plugin) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, platform: "node", format: "cjs", plugins: [plugin], logLevel: "silent" },
  });
  const module: { exports: Record<string, unknown> } = { exports: {} };
  new Function("module", "exports", "require", outputFiles[0]?.text ?? "")(module, module.exports, require);
  return module.exports;
}

it.each([
  ["Fastify's compilers of schemas", "@fastify/ajv-compiler", "fastify()"],
  ["what Fastify has for tests", "light-my-request", "fastify({ schemaController }).inject('/')"],
  ["pino's transports", "thread-stream", "pino({ transport: { target: '/t.mjs' } })"],
  ["a gateway to push to", "./lib/pushgateway", "new prom.Pushgateway('http://127.0.0.1')"],
])("%s, left out, say so where they are called all the same", async (_what, path, call) => {
  const { use } = await run(
    `const fastify = require("fastify"), { pino } = require("pino"), prom = require("prom-client");
    const schemaController = { compilersFactory: { buildValidator() {}, buildSerializer() {} } };
    exports.use = async () => ${call};`,
    leftOut(),
  );
  await expect((use as () => Promise<void>)()).rejects.toThrow(`${path} is in no bundle: deploy/dapr/spared.ts`);
});

it("a build ends where a package does not ask any more for what is left out", async () => {
  const faults = await run("", leftOut()).catch(({ errors }) => errors.map(({ text }: { text: string }) => text));
  expect(faults).toContain("deploy/dapr/spared.ts: pino does not ask for thread-stream any more");
});

it("what is loaded on demand is what Node has, however a package names it", async () => {
  const its = await run(
    `exports.createServer = require("https").createServer; exports.connect = require("node:http2").connect;
    exports.isMainThread = require("worker_threads").isMainThread; exports.Worker = require("worker_threads").Worker;
    exports.equal = require("assert").equal; exports.has = "request" in require("node:https");`,
    onDemand,
  );
  expect(its).toEqual({
    ...{ createServer: https.createServer, connect: require("node:http2").connect, has: true, equal: assert.equal },
    ...{ isMainThread: true, Worker: worker.Worker },
  });
});

it("what is false is asserted by Node itself", async () => {
  const { ensure } = await run(`exports.ensure = (...given) => require("node:assert")(...given);`, onDemand);
  const given = ensure as (...given: unknown[]) => void;
  expect(() => given(1, "as it was")).not.toThrow();
  expect(() => given("", "not so")).toThrow(
    new assert.AssertionError({ message: "not so", actual: "", expected: true, operator: "==" }),
  );
  expect(() => given(0, new TypeError("its own"))).toThrow(new TypeError("its own"));
});

it("what is imported by name is what Node has, and what is loaded lazily there cannot be", async () => {
  expect(await run(`export { readFileSync } from "node:fs";`, byName)).toEqual({ readFileSync: fs.readFileSync });
  await expect(run(`export { promises } from "node:fs";`, byName)).rejects.toThrow(
    'No matching export in "by-name:node:fs"',
  );
});
