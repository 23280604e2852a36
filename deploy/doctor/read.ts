import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Input } from "./check.ts";
import { type Source, textChecks } from "./checks.ts";
import { filesIn } from "./files.ts";
import { kustomizationIn, partsOf, render, show, toSource } from "./kustomize.ts";
import { InputError, parseResources, type Resource } from "./resource.ts";
import { readRun } from "./run-file.ts";

/**
 * What files, folders and `-`, standard input, hold. Each kustomization that no other takes in is deployed for itself, and so is
 * what a file of `dapr run` starts; all the rest is deployed together.
 *
 * throws  InputError for a path that is not there, holds nothing of use or cannot be read
 */
export function readInputs(paths: readonly string[], warn: (text: string) => void): Input {
  const found = paths.map((path) => readInput(path, warn));
  const rest = found.flatMap((each) => each.rest);
  return {
    deployments: [...found.flatMap((each) => each.deployments), ...(rest.length > 0 ? [rest] : [])],
    sources: found.flatMap((each) => each.sources),
  };
}

interface Found extends Input {
  /** Objects that are deployed together with those of other paths. */
  readonly rest: readonly Resource[];
}

function readInput(path: string, warn: (text: string) => void): Found {
  const isStdin = path === "-";
  if (!isStdin && !existsSync(path)) throw new InputError(`${path}: is not there`);
  const isFolder = !isStdin && statSync(path).isDirectory();
  const found = isFolder ? readFolder(resolve(path), warn) : readSource(isStdin ? readStdin() : toSource(path));
  if (found.deployments.length + found.sources.length + found.rest.length === 0)
    throw new InputError(`${path}: holds no manifest, template or plan that has a rule`);
  return found;
}

const readStdin = (): Source => ({ file: "-", text: readFileSync(0, "utf8") });

function readSource(source: Source): Found {
  const none = { deployments: [], sources: [], rest: [] };
  if (textChecks.some((each) => each.isFor(source))) return { ...none, sources: [source] };
  const resources = parse(source);
  const isRun = resources.some(({ kind }) => kind === "Run");
  if (!isRun) return { ...none, rest: resources };
  return { ...none, deployments: [source.file === "-" ? resources : readRun(source.file).resources] };
}

function parse(source: Source): readonly Resource[] {
  try {
    return parseResources(source);
  } catch (error) {
    if (!(error instanceof InputError) || !source.text.includes("{{")) throw error;
    throw new InputError(`${source.file}: is a template: helm template … | npm run -s doctor -- -`);
  }
}

function readFolder(top: string, warn: (text: string) => void): Found {
  const files = filesIn(top);
  const folders = [...new Set(files.map((file) => dirname(file)))].filter(kustomizationIn);
  const parts = new Map(folders.map((folder) => [folder, partsOf(folder)]));
  const taken = new Set([...parts.values()].flatMap(({ paths }) => paths));
  const roots = folders.filter((folder) => !taken.has(folder) && !parts.get(folder)?.isComponent);
  const runs = files
    .filter((file) => /(^|\/)dapr\.ya?ml$/.test(file))
    .flatMap((file) => (isRun(file) ? [readRun(file)] : []));
  for (const file of runs.flatMap((run) => run.files)) taken.add(resolve(file));
  const rest = files
    .filter((file) => /\.(ya?ml|json|template)$/.test(file) && !taken.has(file) && !folders.includes(dirname(file)))
    .map(toSource)
    .map((source) => (isOfUse(source) ? readSource(source) : { deployments: [], sources: [], rest: [] }));
  return {
    deployments: [
      ...roots.map((folder) => render(folder) ?? unrendered(folder, warn)),
      ...runs.map(({ resources }) => resources),
      ...rest.flatMap((each) => each.deployments),
    ],
    sources: rest.flatMap((each) => each.sources),
    rest: rest.flatMap((each) => each.rest),
  };
}

const isRun = (file: string): boolean => parse(toSource(file)).some(({ kind }) => kind === "Run");

/** Most JSON is none of ours, and long. */
const isOfUse = (source: Source): boolean =>
  !source.file.endsWith(".json") ||
  source.text.includes('"apiVersion"') ||
  textChecks.some((each) => each.isFor(source));

/** Without kubectl: what it is made of, as it stands there. */
function unrendered(folder: string, warn: (text: string) => void): readonly Resource[] {
  warn(`${show(folder)}: is read without its patches, for want of kubectl`);
  const read = (path: string): readonly Resource[] => {
    if (!existsSync(path)) return [];
    if (statSync(path).isDirectory()) return partsOf(path).paths.flatMap(read);
    return parse(toSource(path)).filter(({ name, kind }) => name !== "" && kind !== "Kustomization");
  };
  return partsOf(folder).paths.flatMap(read);
}
