const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

/**
 * What is on this machine is reached through no proxy, whatever the shell says.
 *
 * in   an environment; may be process.env, which fetch reads again at each request
 */
export function keepLoopbackDirect(env: Record<string, string | undefined>): void {
  const told = env.no_proxy ?? env.NO_PROXY;
  const list = [...new Set([...(told ? told.split(",") : []), ...LOOPBACK])].join(",");
  // Both: some programs read the one, some the other.
  Object.assign(env, { no_proxy: list, NO_PROXY: list });
}
