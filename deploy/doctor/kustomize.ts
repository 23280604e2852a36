import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { documentIn, InputError, parseResources, type Resource } from "./resource.ts";
import { textAt, textsAt, valueAt } from "./shape.ts";

const NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** The file that makes a folder a kustomization. */
export function kustomizationIn(folder: string): string | undefined {
  return NAMES.map((name) => join(folder, name)).find(existsSync);
}

/** The folders and files that a kustomization is made of, and whether it is one that others take in. */
export function partsOf(folder: string): { readonly paths: readonly string[]; readonly isComponent: boolean } {
  const value = documentIn(toSource(kustomizationIn(folder) ?? ""));
  const lists = ["resources", "components", "bases", "patchesStrategicMerge"].flatMap((name) => textsAt(value, name));
  const patches = [valueAt(value, "patches"), valueAt(value, "patchesJson6902")].flat();
  const files = patches.flatMap((patch) => textAt(patch, "path") ?? []);
  return {
    paths: [...lists, ...files].filter((path) => !path.includes("\n")).map((path) => resolve(folder, path)),
    isComponent: textAt(value, "kind") === "Component",
  };
}

/**
 * The objects of a kustomization, each at its place in the file that it comes from: what a patch has set is where the object is.
 *
 * throws  InputError with kubectl's words where it cannot be rendered
 * out     undefined where there is no kubectl
 */
export function render(folder: string): readonly Resource[] | undefined {
  // kubectl takes no absolute path of a resource.
  const around = realpathSync(mkdtempSync(join(tmpdir(), "doctor-")));
  try {
    const kustomization = {
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [relative(around, realpathSync(folder))],
      buildMetadata: ["originAnnotations"],
    };
    writeFileSync(join(around, "kustomization.yaml"), JSON.stringify(kustomization));
    const { status, stdout, stderr, error } = spawnSync("kubectl", ["kustomize", around], {
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
    });
    if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return undefined;
    if (status !== 0) throw new InputError(`${show(folder)}: kubectl kustomize: ${lastLine(stderr)}`);
    const files = new Map<string, readonly Resource[]>();
    return parseResources({ file: show(folder), text: stdout }).map((resource) => {
      const path = originOf(resource);
      if (path === undefined) return withFile(resource, show(folder));
      const file = resolve(around, path);
      const read = files.get(file) ?? (existsSync(file) ? parseResources(toSource(file)) : []);
      files.set(file, read);
      const same = read.filter(({ kind }) => kind === resource.kind);
      const origin = same.find(({ name }) => name === resource.name) ?? (same.length === 1 ? same[0] : undefined);
      if (!origin) return withFile(resource, show(file));
      return { ...resource, at: (...at) => ({ ...origin.at(...at), excepted: resource.at().excepted ?? new Set() }) };
    });
  } finally {
    rmSync(around, { recursive: true, force: true });
  }
}

function originOf({ value }: Resource): string | undefined {
  const text = textAt(value, "metadata", "annotations", "config.kubernetes.io/origin");
  const origin: unknown = text === undefined ? undefined : parse(text);
  return textAt(origin, "repo") === undefined ? (textAt(origin, "path") ?? textAt(origin, "configuredIn")) : undefined;
}

const withFile = (resource: Resource, file: string): Resource => ({
  ...resource,
  at: () => ({ file, excepted: resource.at().excepted ?? new Set() }),
});

export const toSource = (file: string) => ({ file: show(file), text: readFileSync(file, "utf8") });

/** As whoever called knows it. */
export function show(path: string): string {
  const shown = relative(process.cwd(), path) || ".";
  return shown.startsWith("..") ? resolve(path) : shown;
}

export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
