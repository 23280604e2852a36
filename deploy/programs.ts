import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** As much as a day of a busy cluster says. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Runs a host's own program. out: what it printed, trimmed. throws: Error with the last line of what it complained of */
export async function printed(command: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { maxBuffer: MOST_BYTES });
    return stdout.trim();
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new Error(`${command}: is not installed`, { cause: error });
    const why = stderr.trim().split("\n").at(-1);
    throw new Error(`${command} ${args.slice(0, 2).join(" ")}: ${why || `ended with ${code}`}`, { cause: error });
  }
}
