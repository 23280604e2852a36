// Loaded before a service whose clock is to be CLOCK_AHEAD_MS ahead, and which knows nothing of it.
const ahead = Number(process.env.CLOCK_AHEAD_MS);
const { now } = Date;

if (ahead !== 0) {
  Date.now = () => now() + ahead;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [target.now()] : args, as),
    apply: (target) => new target(target.now()).toString(),
  });
}
