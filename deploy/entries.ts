import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { system as ours } from "../functions/index.ts";
import type { EdgeDefinition } from "../functions/kernel/edge.ts";
import { KEEPER, type System, type SystemFunction } from "../functions/kernel/system.ts";
import { creatorOf, effectFile } from "./effect-file.ts";
import { topicsIn } from "./generate/subscriptions.ts";
import { EDGE } from "./generate/wiring.ts";

const ROOT = join(import.meta.dirname, "..");

/** A system, and where its code lies, from the project's root. */
export interface Sources {
  readonly system: System<never>;
  /** Has a folder for each function, with `handler.ts`, and with `edge.ts` where it has edges. */
  readonly functions: string;
  /** Has a file for each effect, whose `create<Effect>` makes it of the environment. */
  readonly effects: string;
}

export const OURS: Sources = { system: ours as System<never>, functions: "functions", effects: "adapters/effects" };

/** What a bundle is made of: the text of a module at the project's root, by the bundle's name. */
export type Entries = Readonly<Record<string, string>>;

/** One bundle for each function, with its edges, and one for what keeps dead letters. */
export async function daprEntries(sources: Sources = OURS): Promise<Entries> {
  const functions = await entries(sources, async (fn) => {
    const edges = sources.system.edges.filter(({ of }) => of === fn.source);
    return `import { runService } from "./adapters/dapr/service.ts";
${await deployed(sources, { source: fn, edges })}
await runService(${JSON.stringify(fn.name)}, () => ({ edges: [], ...deployed }));`;
  });
  const { system } = sources;
  const keeper = { name: KEEPER, topics: topicsIn(system), functions: system.functions.map(({ name }) => name) };
  return {
    ...functions,
    [KEEPER]: `import { runKeeper } from "./adapters/dapr/keeper/service.ts";
await runKeeper(${JSON.stringify(keeper)});`,
  };
}

/** One bundle for each function, and one for all edges. */
export async function lambdaEntries(sources: Sources = OURS): Promise<Entries> {
  const functions = await entries(
    sources,
    async (fn) => `import { createService } from "./adapters/lambda/service.ts";
${await deployed(sources, { source: fn, edges: [] })}
export const handler = createService(deployed);`,
  );
  const edge = `import { createEdge } from "./adapters/lambda/edge.ts";
${await deployed(sources, { edges: sources.system.edges })}
export const handler = createEdge(deployed);`;
  return withEdge(sources, functions, edge);
}

/** One bundle for each function, and one for all edges. */
export async function gcfEntries(sources: Sources = OURS): Promise<Entries> {
  const functions = await entries(
    sources,
    async (fn) => `import { registerService } from "./adapters/gcf/service.ts";
${await deployed(sources, { source: fn, edges: [] })}
registerService(${JSON.stringify(fn.name)}, deployed);`,
  );
  const edge = `import { registerEdge } from "./adapters/gcf/service.ts";
${await deployed(sources, { edges: sources.system.edges })}
registerEdge(${JSON.stringify(EDGE)}, deployed);`;
  return withEdge(sources, functions, edge);
}

async function entries({ system }: Sources, toEntry: (fn: SystemFunction<never>) => Promise<string>): Promise<Entries> {
  const all = await Promise.all(system.functions.map(async (fn) => [fn.name, await toEntry(fn)] as const));
  return Object.fromEntries(all);
}

const withEdge = ({ system }: Sources, functions: Entries, edge: string): Entries =>
  system.edges.length > 0 ? { ...functions, [EDGE]: edge } : functions;

interface Parts {
  /** Left out: only edges. */
  readonly source?: SystemFunction<never>;
  readonly edges: readonly EdgeDefinition<never>[];
}

/** `const deployed`, with imports of what is used and of nothing else. */
async function deployed({ system, functions, effects }: Sources, { source, edges }: Parts): Promise<string> {
  const { source: home, ledgerPrefix, events } = system;
  const ownerOf = (edge: EdgeDefinition<never>) =>
    system.functions.find((fn) => fn.source === edge.of) as SystemFunction<never>;
  // What a function consumes or says it knows by itself.
  const strangers = events.filter(
    ({ type }) => !source?.definition.on.has(type) && !source?.definition.emits.has(type),
  );
  const uses = source ? source.uses : [...new Set(edges.flatMap((edge) => ownerOf(edge).uses))];
  const imports = uses.map((effect) => `import { ${creatorOf(effect)} } from "./${effects}/${effectFile(effect)}";`);
  const taken: string[] = [];
  const take = async (module: string, value: unknown) => {
    const as = `part${taken.length}`;
    taken.push(as);
    imports.push(`import { ${await exportOf(module, value)} as ${as} } from "./${module}";`);
    return as;
  };
  const function_ = source && (await take(`${functions}/${source.name}/handler.ts`, source.source));
  const served: string[] = [];
  for (const edge of edges) served.push(await take(`${functions}/${ownerOf(edge).name}/edge.ts`, edge));
  const lent = uses.map((effect) => `${effect}: ${creatorOf(effect)}(env)`).join(", ");
  return `${imports.join("\n")}
const deployed = {
  home: ${JSON.stringify({ source: home, ledgerPrefix })},
  eventTypes: ${inBrief(strangers.map(({ type }) => type))},
  effects: ${uses.length > 0 ? `(env) => ({ ${lent} })` : "() => ({})"},
  ${served.length > 0 || !function_ ? `edges: [${served.join(", ")}],` : ""}
  ${function_ ? `source: ${function_},` : ""}
};`;
}

/** The name under which a module exports a value. throws: Error that says what is looked for, and where */
async function exportOf(module: string, value: unknown): Promise<string> {
  const exported = (await import(pathToFileURL(join(ROOT, module)).href)) as Readonly<Record<string, unknown>>;
  const [name] = Object.entries(exported).find(([, each]) => each === value) ?? [];
  if (name === undefined)
    throw new Error(
      `${module}: must export what functions/index.ts names, exports ${Object.keys(exported).join(", ")}`,
    );
  return name;
}

/** A list of names as code, what those of one domain begin with said once: it is in every bundle. */
function inBrief(names: readonly string[]): string {
  const groups = Map.groupBy(names, (name) => name.split(".", 2).join("."));
  const parts = [...groups.values()].map((group) => (group.length > 1 ? withoutPrefix(group) : JSON.stringify(group)));
  return parts.length > 1 ? `[${parts.map((part) => `...${part}`)}]` : (parts[0] ?? "[]");
}

function withoutPrefix(names: readonly string[]): string {
  const [first = ""] = names;
  const isShared = (length: number) => names.every((name) => name.startsWith(first.slice(0, length)));
  const shared = [...first].findIndex((_, at) => !isShared(at + 1));
  const prefix = first.slice(0, Math.max(0, shared));
  return `${JSON.stringify(names.map((name) => name.slice(prefix.length)))}.map((name) => ${JSON.stringify(prefix)} + name)`;
}
