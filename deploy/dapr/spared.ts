import type { OnResolveArgs, Plugin } from "esbuild";

// What packages load at each start, and no service ever calls, takes more memory than our own code.

const LEFT_OUT = "left-out";
const ON_DEMAND = "on-demand";
const BY_NAME = "by-name";

/** Who asks for what that our services never call. */
const UNCALLED: readonly (readonly [packageName: string, path: string])[] = [
  // Compilers of schemas: no route has one, as adapters/dapr/server.ts says.
  ["fastify", "@fastify/ajv-compiler"],
  ["fastify", "@fastify/fast-json-stringify-compiler"],
  // For inject(), in tests.
  ["fastify", "light-my-request"],
  // For transports: services log to stdout.
  ["pino", "thread-stream"],
  ["prom-client", "./lib/pushgateway"],
  // For exemplars.
  ["prom-client", "@opentelemetry/api"],
];

const isFrom = (packageName: string, { importer }: OnResolveArgs): boolean =>
  importer.includes(`/node_modules/${packageName}/`);

/** What of it is called all the same throws, and says why. */
const toRefusal = (path: string): string => {
  const message = `${path} is in no bundle: deploy/dapr/spared.ts`;
  return `const refuse = () => { throw new Error(${JSON.stringify(message)}); };
module.exports = new Proxy(function () {}, { apply: refuse, construct: refuse, get: refuse });`;
};

/** Takes out of packages what no service calls. A build ends where that is not what they ask for any more. */
export const leftOut = (): Plugin => ({
  name: LEFT_OUT,
  setup({ onResolve, onLoad, onEnd }) {
    const met = new Set<string>();
    onResolve({ filter: /^[@./a-z-]+$/ }, (args) => {
      if (!UNCALLED.some(([packageName, path]) => path === args.path && isFrom(packageName, args))) return undefined;
      met.add(args.path);
      return { path: args.path, namespace: LEFT_OUT };
    });
    onLoad({ filter: /./, namespace: LEFT_OUT }, ({ path }) => ({ contents: toRefusal(path) }));
    onEnd(() => ({
      errors: UNCALLED.flatMap(([packageName, path]) =>
        met.has(path) ? [] : [{ text: `deploy/dapr/spared.ts: ${packageName} does not ask for ${path} any more` }],
      ),
    }));
  },
});

const LOAD = (path: string) => `const load = () => process.getBuiltinModule("${path}");`;
const READ = "get: (_, name) => load()[name], has: (_, name) => name in load()";

/** What packages ask of Node and use only where something is wrong or wanted: with node:https comes all of TLS. */
const SELDOM: Readonly<Record<string, string>> = {
  "node:https": `module.exports = new Proxy({}, { ${READ} });`,
  "node:http2": `module.exports = new Proxy({}, { ${READ} });`,
  // What is true is asserted, and nothing happens.
  "node:assert": `const assert = (...given) => { if (!given[0]) load()(...given); };
module.exports = new Proxy(assert, { ${READ} });`,
  // pino asks whether it is to flush what it has when the process ends.
  "node:worker_threads": `module.exports = new Proxy({}, { get: (_, name) => name === "isMainThread" || load()[name] });`,
};

/** Loads that when it is first used. */
export const onDemand: Plugin = {
  name: ON_DEMAND,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?\w+$/ }, ({ kind, path }) => {
      const name = path.replace(/^(?:node:)?/, "node:");
      return kind === "require-call" && name in SELDOM ? { path: name, namespace: ON_DEMAND } : undefined;
    });
    onLoad({ filter: /./, namespace: ON_DEMAND }, ({ path }) => ({ contents: `${LOAD(path)}\n${SELDOM[path]}` }));
  },
};

/**
 * What our sources import of Node, without what it would load lazily: an import looks at each export, at `promises` of `node:fs` and
 * at what browsers have in `node:util`.
 */
export const byName: Plugin = {
  name: BY_NAME,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ kind, path }) =>
      kind === "import-statement" ? { path, namespace: BY_NAME, sideEffects: false } : undefined,
    );
    onLoad({ filter: /./, namespace: BY_NAME }, ({ path }) => ({
      contents: [
        LOAD(path),
        "const named = (name) => load()[name];",
        ...namesIn(path).map((name) => `export const ${name} = /* @__PURE__ */ named("${name}");`),
      ].join("\n"),
    }));
  },
};

/** Those that are not computed when they are looked at, and may be names in a module. */
function namesIn(path: string): readonly string[] {
  const exported = Object.getOwnPropertyDescriptors(process.getBuiltinModule(path) as object);
  return Object.entries(exported).flatMap(([name, { get }]) =>
    get || !/^[a-z]\w*$/i.test(name) || ["load", "named", "default"].includes(name) ? [] : name,
  );
}
