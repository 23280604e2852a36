import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Running, startProcess } from "./engine.ts";
import { awsTool } from "./moto.ts";

const PROGRAM = join(import.meta.dirname, "aws-cli.py");

/**
 * The AWS CLI, in memory for scripts that call it often.
 *
 * in   folder: of a short name, for it holds a socket
 * out  bin: a folder for the PATH, with an `aws` that calls it
 */
export async function startAwsCli({
  folder,
}: {
  readonly folder: string;
}): Promise<Running & { readonly bin: string }> {
  const [bin, socket] = [join(folder, "bin"), join(folder, "aws.sock")];
  const running = await startProcess({
    command: awsTool("python"),
    args: [PROGRAM, "serve", socket],
    logFile: join(folder, "aws-cli.log"),
    ready: async () => existsSync(socket),
  });
  mkdirSync(bin, { recursive: true });
  const call = [awsTool("python"), "-IS", PROGRAM, "call", socket].map((part) => `'${part}'`).join(" ");
  writeFileSync(join(bin, "aws"), `#!/bin/sh\nexec ${call} "$@"\n`, { mode: 0o755 });
  return { ...running, bin };
}
