/** What only whoever typed it can mend. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Says what went wrong in one line, and how to see what can be said. Any other error than of use is an outcome. */
export function complain(error: unknown, command: string): void {
  const { code = "", message } = error as Error & { readonly code?: unknown };
  const isUsage = error instanceof UsageError || String(code).startsWith("ERR_PARSE_ARGS");
  const hint = isUsage ? `npm run ${command} -- --help lists the options.\n` : "";
  process.stderr.write(`${message}\n${hint}`);
  process.exitCode = isUsage ? 2 : 1;
}
