// Loaded before a service: it ends, gracefully, when whoever started it is gone, however that went.
process.stdin.resume().unref?.();
process.stdin.once("close", () => process.kill(process.pid, "SIGTERM"));
