import { UsageError } from "../../adapters/local/command-line.ts";

/** Says what went wrong in one line; of what was asked for wrongly, how to see what can be said. in: as it is typed: npm run story */
export function complain(error: unknown, command: string): void {
  const { message } = error as Error;
  const isUsage = error instanceof UsageError;
  process.stderr.write(`${message}\n${isUsage ? `${command} -- --help lists the options.\n` : ""}`);
  process.exitCode = isUsage ? 2 : 1;
}
