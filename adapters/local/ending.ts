const PARENT_CHECK_MS = 250;
/** A terminal sends Ctrl-C to npm and to us, and npm sends it on: that is one. */
const ONE_MS = 400;

/**
 * Listens, from the first moment on, for whatever asks a command to end: Ctrl-C, SIGTERM, a terminal that closes, npm that was
 * killed. Whoever asks twice does not want to wait. Exit code 0 in any case.
 *
 * out  aborted when somebody has asked
 */
export function listenForEnd(): AbortSignal {
  const asked = new AbortController();
  let first: number | undefined;
  const end = () => {
    if (first !== undefined && Date.now() - first > ONE_MS) process.exit(0);
    first ??= Date.now();
    asked.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  // Nobody reads it any more.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => asked.abort());
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && asked.abort(), PARENT_CHECK_MS).unref();
  }
  return asked.signal;
}
