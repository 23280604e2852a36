import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { show, toSource } from "./kustomize.ts";
import { InputError, parseResources, type Resource } from "./resource.ts";
import { listAt, shapeAt, textAt, textsAt } from "./shape.ts";

interface Run {
  readonly resources: readonly Resource[];
  readonly files: readonly string[];
}

/**
 * What `dapr run -f` starts, with the resources that it names. Paths of an app are from its own folder.
 *
 * in      resourcesPaths: in the place of those that the file names
 * throws  InputError for a folder that is not there
 */
export function readRun(file: string, resourcesPaths?: readonly string[]): Run {
  const [run] = parseResources(toSource(file));
  if (run?.kind !== "Run") throw new InputError(`${show(file)}: is no file of dapr run`);
  const here = dirname(resolve(file));
  const parts = [
    { value: shapeAt(run.value, "common"), from: here },
    ...listAt(run.value, "apps").map((app) => ({
      value: shapeAt(app),
      from: resolve(here, textAt(app, "appDirPath") ?? "."),
    })),
  ];
  const named = parts.flatMap(({ value, from }) =>
    [...textsAt(value, "resourcesPaths"), ...(textAt(value, "resourcesPath") ?? "").split("\n").filter(Boolean)].map(
      (path) => resolve(from, path),
    ),
  );
  const folders = new Set(resourcesPaths?.map((path) => resolve(path)) ?? named);
  const configs = parts.flatMap(({ value, from }) => {
    const path = textAt(value, "configFilePath");
    return path === undefined ? [] : [resolve(from, path)];
  });
  const missing = [...folders, ...configs].find((path) => !existsSync(path));
  if (missing !== undefined) throw new InputError(`${show(file)}: ${show(missing)} is not there`);
  // daprd reads what lies directly in the folder.
  const files = [...folders].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => join(folder, name)),
  );
  const all = [...new Set([...files, ...configs])];
  return { resources: [run, ...all.flatMap((path) => parseResources(toSource(path)))], files: [file, ...all] };
}
