import { basename } from "node:path";
import { creatorOf, effectFile } from "../effect-file.ts";
import { formatted } from "./formatted.ts";
import { GENERATED } from "./rendered.ts";
import {
  EFFECTS,
  type EventSource,
  type FunctionSources,
  findEffects,
  findEvents,
  findFunctions,
  newestOf,
} from "./sources.ts";

/**
 * The files by which the system knows its parts, by their path from the project's root, each with its text. A handler may import the
 * one that is made before it: whoever writes them writes each before it asks for the next.
 *
 * in      root: of the project, whose folders are read
 * throws  SourceError that says which file must export what
 */
export async function* registries(root: string): AsyncGenerator<readonly [string, string]> {
  yield render("functions/events/index.ts", renderEvents(await findEvents(root)));
  const functions = await findFunctions(root);
  yield render("functions/registry.ts", renderFunctions(functions));
  yield render(`${EFFECTS}/index.ts`, renderEffects(await findEffects(root, functions)));
}

function renderEvents(events: readonly EventSource[]): string {
  const files = new Map(events.map(({ path, name }) => [name, { file: basename(path), as: aliasOf(name) }]));
  return `
${[...files.values()].map(({ file, as }) => `import * as ${as} from "./${file}";`).join("\n")}
import { type SampledEvent${events.length > 0 ? ", sampled" : ""} } from "./sampled.ts";

${[...files].map(([name, { as }]) => `export const ${name} = /* @__PURE__ */ sampled(${as}.${name}, ${as}.sample);`).join("\n")}

/** Every event type, by its file. Those that are only understood as a newer version are left out. */
export const catalogue = [${newestOf(events).map(({ name }) => name)}] as const satisfies readonly SampledEvent[];
`;
}

/** What no variable may be called, and an event may nearly. */
const RESERVED = /^(case|catch|class|default|delete|export|import|new|return|sampled|switch|throw|catalogue)$/;

function aliasOf(name: string): string {
  const alias = name.charAt(0).toLowerCase() + name.slice(1);
  return RESERVED.test(alias) || alias === name ? `${alias}File` : alias;
}

function renderFunctions(functions: readonly FunctionSources[]): string {
  const taken = new Set(["functions", "edges"]);
  const imports: string[] = [];
  const take = (name: string, file: string) => {
    let as = name;
    for (let next = 2; taken.has(as); next++) as = `${name}${next}`;
    taken.add(as);
    imports.push(`import { ${as === name ? name : `${name} as ${as}`} } from "./${file}";`);
    return as;
  };
  const sources = functions.map(({ folder, name }) => take(name, `${folder}/handler.ts`));
  const edges = functions.flatMap(({ folder, edges }) => edges.map((name) => take(name, `${folder}/edge.ts`)));
  return `
${imports.join("\n")}

/** Every function: those with an edge first, then by name. On one machine their ports follow that order. */
export const functions = [${sources}] as const;

export const edges = [${edges}] as const;
`;
}

function renderEffects(effects: readonly string[]): string {
  const env = effects.length > 0 ? "env" : "_env";
  return `
import type { system } from "../../functions/index.ts";
import type { System } from "../../functions/kernel/system.ts";
import type { Environment } from "../core/host/deployed.ts";
${effects.map((effect) => `import { ${creatorOf(effect)} } from "./${effectFile(effect)}";`).join("\n")}

/** What the functions may do to the world. */
export type Effects = typeof system extends System<infer All> ? All : never;

/**
 * Every effect of the system. A bundle has those alone that its function uses: each is made by \`create<Effect>\` of the file of its name.
 *
 * throws  ConfigError for what is wrong with the environment
 */
export const createEffects = (${env}: Environment): Effects => ({
${effects.map((effect) => `${effect}: ${creatorOf(effect)}(env),`).join("\n")}
});
`;
}

const render = (path: string, code: string): readonly [string, string] => [
  path,
  formatted(path, `// ${GENERATED}\n\n${code.trimStart()}`),
];
