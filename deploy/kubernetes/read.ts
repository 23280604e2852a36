import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parse, parseAllDocuments } from "yaml";

export const FOLDER = import.meta.dirname;

/** A Kubernetes object, read as far as tests ask for. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: every kind has another shape, and the API server checks them all.
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
  /** Of Dapr's kinds. */
  readonly scopes?: readonly string[];
}

/** A kustomization, read as far as tests ask for. */
export interface Kustomization {
  /** From the top of deploy/. */
  readonly folder: string;
  readonly kind: "Kustomization" | "Component";
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path?: string; readonly patch?: string; readonly target?: object }[];
  readonly configMapGenerator?: readonly { readonly name: string; readonly envs: readonly string[] }[];
  readonly secretGenerator?: readonly { readonly name: string }[];
  readonly images?: readonly { readonly name: string }[];
  readonly sortOptions?: object;
}

export const DEPLOY = join(FOLDER, "..");

/** The objects in a text of YAML documents. */
export const parseManifests = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).flatMap((document) => (document.contents === null ? [] : [document.toJS() as Manifest]));

/** in  file: from deploy/kubernetes */
export const readManifests = (file: string): readonly Manifest[] =>
  parseManifests(readFileSync(join(FOLDER, file), "utf8"));

const NAMES = ["kustomization.yaml", "Kustomization"];

/** All kustomizations of deploy/kubernetes and deploy/dapr. */
export const kustomizations: readonly Kustomization[] = ["kubernetes", "dapr"].flatMap((top) =>
  readdirSync(join(DEPLOY, top), { recursive: true, encoding: "utf8" })
    .filter((file) => NAMES.some((name) => file === name || file.endsWith(`/${name}`)))
    .map((file) => join(DEPLOY, top, file))
    .map((file) => ({
      ...(parse(readFileSync(file, "utf8")) as Kustomization),
      folder: relative(DEPLOY, join(file, "..")),
    })),
);

/** Whether there is a file, or a folder with a kustomization of its own. in path: from deploy/ */
export function isBuildable(path: string): "file" | "folder" | undefined {
  const full = join(DEPLOY, path);
  if (!existsSync(full)) return undefined;
  if (statSync(full).isFile()) return "file";
  return NAMES.some((name) => existsSync(join(full, name))) ? "folder" : undefined;
}

/** The lines of an env file: NAME=value, comments left out. in file: from deploy/kubernetes */
export const readEnv = (file: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readFileSync(join(FOLDER, file), "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
