import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const INSTALL = join(import.meta.dirname, "install.mjs");
const SENTENCE = /^This needs Node 24, which is not here: [^\n]+\n$/;

/** A machine on which there is one Node, and the packaged one as it says. */
function machine({ packaged, own }: { readonly packaged?: string; readonly own?: string }) {
  const root = mkdtempSync(join(tmpdir(), "loosely-node-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    chmodSync(join(root, file), 0o755);
  };
  if (own !== undefined) write("bin/node", own);
  if (packaged !== undefined) {
    write("node_modules/node-packaged/node", packaged);
    mkdirSync(join(root, "node_modules/.bin"));
    symlinkSync("../node-packaged/node", join(root, "node_modules/.bin/node"));
  }
  const PATH = `${join(root, "node_modules/.bin")}:${join(root, "bin")}:/usr/bin-of-none`;
  // A shell is found by its own path.
  const env = { PATH };
  const installed = spawnSync(process.execPath, [INSTALL, root], { encoding: "utf8", env });
  const run = () => spawnSync(join(root, "node_modules/.bin/node"), ["script.ts"], { encoding: "utf8", env });
  return { installed, run, root };
}

/** What a Node of a version answers. */
const nodeOf = (version: string) =>
  `#!/bin/sh\nif [ "$1" = -p ]; then case $2 in *split*) echo ${version.split(".")[0]} ;; *) echo ${version} ;; esac; else echo "${version} runs $1"; fi\n`;
/** What the kernel says of a program whose loader is not there, as on Alpine. */
const WITHOUT_LOADER = "#!/lib64/no-such-loader.so\n";

it("leaves a packaged Node alone that runs", () => {
  const { installed, run } = machine({ packaged: nodeOf("24.1.0"), own: nodeOf("20.1.0") });
  expect([installed.stdout, installed.stderr]).toEqual(["", ""]);
  expect(run().stdout).toBe("24.1.0 runs script.ts\n");
});

it.each([
  ["cannot run, as on Alpine", { packaged: WITHOUT_LOADER }],
  ["is not there, as on macOS", {}],
])("uses the machine's own Node 24 where the packaged one %s", (_why, packaged) => {
  const { installed, run } = machine({ ...packaged, own: nodeOf("24.9.0") });
  expect(installed.stdout).toBe("The packaged Node cannot run here: Node 24.9.0 of this machine is used.\n");
  expect(run().stdout).toBe("24.9.0 runs script.ts\n");
});

it.each([
  ["an older one", { own: nodeOf("20.1.0") }],
  ["none", {}],
])("says in one sentence what to do and what works then, where there is %s", (_what, own) => {
  const { installed, run, root } = machine({ packaged: WITHOUT_LOADER, ...own });
  expect([installed.status, installed.stderr]).toEqual([0, expect.stringMatching(SENTENCE)]);
  expect([run().status, run().stderr]).toEqual([1, expect.stringMatching(SENTENCE)]);
  // Once there is one, it is found.
  mkdirSync(join(root, "bin"), { recursive: true });
  writeFileSync(join(root, "bin/node"), nodeOf("26.0.0"), { mode: 0o755 });
  expect(run().stdout).toBe("26.0.0 runs script.ts\n");
});

it("is a script that any shell understands", () => {
  execFileSync("sh", ["-n", join(import.meta.dirname, "node.sh")]);
});
