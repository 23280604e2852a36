// Loaded before a service: it ends when whoever started it is gone, however that went. Gracefully, but not for long: the
// next start wants its port, and what is cut off is delivered again.
const LAST_MS = 5_000;

process.stdin.resume().unref?.();
process.stdin.once("close", () => {
  // Nobody reads its log any more, and the logger would try for ever to flush it into a broken pipe (sonic-boom, flushSync).
  process.prependListener("exit", () => process.kill(process.pid, "SIGKILL"));
  setTimeout(() => process.exit(1), LAST_MS).unref();
  process.kill(process.pid, "SIGTERM");
});
