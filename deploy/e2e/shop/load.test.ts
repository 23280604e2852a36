import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePort } from "../../../adapters/local/free-ports.ts";

const run = (args: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "load.ts"), ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
};

it("says at once that no shop is there, and how to open one", async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  expect(run(["--url", url])).toEqual({
    status: 1,
    stderr: `nobody answers at ${url} (ECONNREFUSED): npm start opens the shop, --url names another one\n`,
  });
});

it("says what is wrong with its options", () => {
  expect(run(["--order", "5"])).toEqual({
    status: 2,
    stderr: "--order: is no option; did you mean --orders?\nnpm run load -- --help lists the options.\n",
  });
});
