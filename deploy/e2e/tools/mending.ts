import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Letter } from "../../dead/letter.ts";
import type { Broken } from "./broken-events.ts";

const DEAD = join(import.meta.dirname, "../../dead/main.ts");
const EDITOR = join(import.meta.dirname, "mend.mjs");
const MOST_BYTES = 64 * 1024 * 1024;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run dead` on one host. */
export interface Dead {
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** What it lists. throws: with what it complained of */
  letters(): Promise<readonly Letter[]>;
  /**
   * Replays a letter as the event that it should have been.
   *
   * in      more: further options
   * throws  with what it complained of
   */
  mend(broken: Broken, letter: Letter, more?: readonly string[]): Promise<void>;
}

interface DeadOptions {
  /** Which letters: `--host` and the like. */
  readonly host: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folder: string;
}

export function createDead({ host, env = {}, folder }: DeadOptions): Dead {
  const run: Dead["run"] = (args, more = {}) =>
    new Promise((resolve) => {
      const options = { env: { ...process.env, NO_COLOR: "1", ...env, ...more }, maxBuffer: MOST_BYTES };
      const child = execFile(process.execPath, [DEAD, ...args, ...host], options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  const well = async (...asked: Parameters<Dead["run"]>) => {
    const { code, stdout, stderr } = await run(...asked);
    if (code !== 0) throw new Error(`${asked[0].join(" ")}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    run,
    letters: async () => JSON.parse(await well(["list", "--all", "--json"])),
    async mend({ mended, code, isHandlersFault, isIdTaken }, { digest }, more = []) {
      const MENDED = join(folder, `${digest}.json`);
      writeFileSync(MENDED, JSON.stringify(mended));
      const editing = { MENDED, EDITOR: `${process.execPath} ${EDITOR}` };
      const how = isHandlersFault ? [] : isIdTaken ? ["--new-id"] : code === "schema" ? ["--edit"] : ["--edit-event"];
      await well(["replay", digest, ...how, ...more], editing);
    },
  };
}
