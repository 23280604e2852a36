/** The package's entries: the part of its name behind `loosely`, and the file here that it is made of. */
export const ENTRIES = {
  ".": "kernel",
  "./dapr": "dapr",
  "./gcf": "gcf",
  "./lambda": "lambda",
  "./testing": "testing",
} as const;

/** What everybody gets: of schemas, and of their types. */
const ALWAYS = ["@standard-schema/spec", "valibot"];
/** What its host installs, and nobody else. */
export const PEERS: Readonly<Record<keyof typeof ENTRIES, readonly string[]>> = {
  ".": [],
  "./dapr": ["@dapr/dapr", "@fastify/under-pressure", "close-with-grace", "fastify", "pino", "prom-client"],
  "./gcf": ["@google-cloud/functions-framework", "gcp-metadata"],
  "./lambda": ["@types/aws-lambda"],
  "./testing": [],
};
/** And who runs its commands, beside what a service asks for. */
const OF_COMMANDS = ["yaml"];

/** Of the repository's own package.json, as far as it matters here. */
export interface Own {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/**
 * The package.json of the package.
 *
 * throws  Error for a package that the repository does not have
 */
export function toManifest({ version, description, license, dependencies, devDependencies }: Own): object {
  const known: Readonly<Record<string, string>> = { ...devDependencies, ...dependencies };
  const rangeOf = (name: string) => {
    const found = known[name];
    if (found === undefined) throw new Error(`package.json: has no ${name}, which the package asks for`);
    return [name, `^${found}`] as const;
  };
  const peers = [...new Set([...Object.values(PEERS).flat(), ...OF_COMMANDS])].sort();
  const exports = Object.entries(ENTRIES).map(([entry, file]) => {
    const path = `./deploy/package/${file}`;
    return [entry, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  return {
    ...{ name: "loosely", version, description, license, type: "module", sideEffects: false },
    engines: { node: ">=24" },
    files: ["adapters", "deploy", "functions"],
    bin: { loosely: "./deploy/package/bin.js" },
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
    dependencies: Object.fromEntries(ALWAYS.map(rangeOf)),
    peerDependencies: Object.fromEntries(peers.map(rangeOf)),
    peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
  };
}
