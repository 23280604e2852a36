// Runs after npm ci, by whatever Node npm has, however old: sees to it that `npm run` finds a Node 24, or says what is missing.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LEAST = 24;
const root = process.argv[2] ?? fileURLToPath(new URL("../..", import.meta.url));
const file = join(root, "node_modules/.bin/node");

const works = (command) => spawnSync(command, ["-p", "process.versions.node"], { encoding: "utf8" });

/** The packaged one is for Linux with glibc: npm installs it on Alpine as well, where it cannot run, and not at all on macOS. */
if (Number.parseInt(works(file).stdout ?? "", 10) < LEAST || works(file).status !== 0) {
  mkdirSync(join(file, ".."), { recursive: true });
  // Never through a link, into the package.
  rmSync(file, { force: true });
  copyFileSync(fileURLToPath(new URL("node.sh", import.meta.url)), file);
  chmodSync(file, 0o755);
  const { status, stdout, stderr } = works(file);
  if (status === 0)
    process.stdout.write(`The packaged Node cannot run here: Node ${stdout.trim()} of this machine is used.\n`);
  else process.stderr.write(stderr);
}
