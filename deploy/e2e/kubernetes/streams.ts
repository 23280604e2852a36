import { eventsOf } from "../dapr/redis-stream.ts";
import { kubectl } from "./kubectl.ts";

const TOPICS = ["orders", "bills", "shipments"];

/** In the pod the password is a file, and no variable of any process but this one. */
const WITH_PASSWORD = `
  IFS= read -r REDISCLI_AUTH < /run/secrets/redis/password
  export REDISCLI_AUTH
  exec redis-cli --json "$@"
`;

const askRedis = (namespace: string, command: readonly string[]): Promise<string> =>
  kubectl(["exec", "-n", namespace, "redis-0", "--", "sh", "-c", WITH_PASSWORD, "redis-cli", ...command]);

/** How many messages a stream of the shop's Redis holds. */
export const lengthOf = async (namespace: string, topic: string): Promise<number> =>
  Number(await askRedis(namespace, ["XLEN", topic]));

/**
 * What was said more than once of an order, as the streams keep it: a type that came with two ids. The same event twice is
 * what a process does that dies between publishing and saying so, and consumers know it again.
 */
export async function saidTwice(namespace: string): Promise<readonly string[]> {
  const ids = new Map<string, Set<string>>();
  for (const topic of TOPICS) {
    for (const { type, subject, id } of eventsOf(await askRedis(namespace, ["XRANGE", topic, "-", "+"]))) {
      const said = `${type} of ${subject}`;
      ids.set(said, (ids.get(said) ?? new Set()).add(String(id)));
    }
  }
  if (ids.size === 0) throw new Error("streams: must hold events, hold none");
  return [...ids].flatMap(([said, { size }]) => (size > 1 ? [`${said}: ${size} times`] : []));
}
