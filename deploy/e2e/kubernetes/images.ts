import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { debianEnvironment } from "../../engines/debian.ts";
import { CACHE } from "../../engines/engine.ts";
import { type Dockerfile, parseDockerfile } from "./dockerfile.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DOCKERFILE = join(ROOT, "deploy/kubernetes/Dockerfile");

/** What an image is made of where there is neither a container engine nor a registry. */
export interface Recipe {
  readonly name: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Path in the image by file or folder of this machine. Libraries that programs are linked to come with them. */
  readonly files: Readonly<Record<string, string>>;
  /** For finding those libraries. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The shop: what the Dockerfile adds, on the Node of the lockfile instead of the image that it begins with. */
export function shopRecipe(name = "local.test/loosely:e2e"): Recipe {
  const { user, entrypoint, env, copies } = parseDockerfile(readFileSync(DOCKERFILE, "utf8"));
  const node = join(ROOT, "node_modules", `node-linux-${process.arch}`, "bin/node");
  return {
    name,
    user,
    entrypoint: entrypoint.length > 0 ? entrypoint : ["/usr/local/bin/node"],
    env,
    files: { [node]: "/usr/local/bin/node", ...filesOf(copies) },
  };
}

/** What the Dockerfile copies: paths in the image by file of this machine. */
export const filesInImage = (): Readonly<Record<string, string>> =>
  filesOf(parseDockerfile(readFileSync(DOCKERFILE, "utf8")).copies);

/** throws: where it finds nothing, as COPY does */
function filesOf(copies: Dockerfile["copies"]): Readonly<Record<string, string>> {
  const found = copies.flatMap(({ from, to }) => {
    const files = globSync(from, { cwd: ROOT });
    if (files.length === 0) throw new Error(`Dockerfile: COPY ${from} finds nothing, run npm run build`);
    return files.map((file) => [join(ROOT, file), to.endsWith("/") ? join(to, basename(file)) : to]);
  });
  return Object.fromEntries(found);
}

/** Redis of Debian's packages, with a shell for probes. */
export function redisRecipe(name = "local.test/redis:e2e"): Recipe {
  const folder = join(CACHE, "redis-7");
  const programs = ["redis-server", "redis-cli"].map((program) => [join(folder, "usr/bin", program), program]);
  return {
    name,
    user: "999:999",
    entrypoint: [],
    env: { LD_LIBRARY_PATH: LIBRARIES },
    files: {
      ...Object.fromEntries(programs.map(([file, program]) => [file, `/usr/local/bin/${program}`])),
      [join(folder, "usr/lib", `${MACHINE}-linux-gnu`)]: LIBRARIES,
      "/bin/sh": "/bin/sh",
    },
    environment: debianEnvironment(folder),
  };
}

const LIBRARIES = "/usr/local/lib/redis";
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";

/**
 * Zipkin's jar and the Java runtime of this machine.
 *
 * in  runtime: a folder that gets a copy of it, without what only compilers need
 */
export function zipkinRecipe(runtime: string, name = "local.test/zipkin:e2e"): Recipe {
  if (!existsSync(runtime))
    for (const part of ["bin", "lib", "conf"])
      cpSync(join(javaHome(), part), join(runtime, part), {
        recursive: true,
        dereference: true,
        filter: (file) => !["src.zip", "ct.sym"].includes(basename(file)),
      });
  return {
    name,
    user: "1000:1000",
    entrypoint: ["/opt/java/bin/java", "-jar", "/zipkin/zipkin.jar"],
    env: { JAVA_TOOL_OPTIONS: "-Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC" },
    files: {
      [runtime]: "/opt/java",
      [join(runtime, "bin/java")]: "/opt/java/bin/java",
      [join(runtime, "lib/server/libjvm.so")]: "/opt/java/lib/server/libjvm.so",
      [join(CACHE, "zipkin-3.5.1/zipkin-server-exec.jar")]: "/zipkin/zipkin.jar",
    },
  };
}

function javaHome(): string {
  const { stderr } = spawnSync("java", ["-XshowSettings:properties", "-version"], { encoding: "utf8" });
  const home = /java\.home = (.+)/.exec(stderr)?.[1];
  if (home === undefined) throw new Error("java: must be on the PATH, in version 17 or later");
  return home;
}

/** For mkimg, which writes an archive that a container runtime can load. */
export const toArguments = ({ name, user, entrypoint, env, files }: Recipe, archive: string): readonly string[] => [
  ...[archive, name, "--user", user, "--libs"],
  ...(entrypoint.length > 0 ? ["--entrypoint", entrypoint.join(" ")] : []),
  ...Object.entries(env).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
  ...Object.entries(files).map(([file, path]) => `${file}=${path}`),
];
