import { Agent, request } from "node:http";

interface Shot {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface LoadOptions {
  readonly port: number;
  readonly count: number;
  /** How many at once, each on a connection of its own that is kept. */
  readonly connections: number;
  /** How many a second, whether or not those before are answered, on connections that are all open before. */
  readonly perSecond?: number;
  /** This process never sleeps: to wake it is the kernel's work, and counts as the server's. */
  readonly isAwake?: true;
  readonly shot: (number: number) => Shot;
}

/** Sends so many requests. out: how often each status was answered; 0 is a connection that broke */
export async function load({
  port,
  count,
  connections,
  perSecond,
  isAwake,
  shot,
}: LoadOptions): Promise<ReadonlyMap<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map<number, number>();
  let next = 0;
  let isDone = !isAwake;
  const stayAwake = () => void (isDone || setImmediate(stayAwake));
  stayAwake();
  const one = async () => {
    const status = await send(agent, { ...shot(next++), port });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  const worker = async () => {
    while (next < count) await one();
  };
  const timely = async () => {
    const health = { port, path: "/healthz", headers: {}, body: "" };
    await Promise.all(Array.from({ length: connections }, () => send(agent, { ...health, method: "GET" })));
    const started = performance.now();
    const sent: Promise<void>[] = [];
    while (next < count) {
      const due = Math.min(((performance.now() - started) * (perSecond ?? 0)) / 1_000, count);
      while (next < due) sent.push(one());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(sent);
  };
  if (perSecond === undefined) await Promise.all(Array.from({ length: connections }, worker));
  else await timely();
  isDone = true;
  agent.destroy();
  return statuses;
}

function send(
  agent: Agent,
  { port, path, headers, body, method = "POST" }: Shot & { readonly port: number; readonly method?: string },
): Promise<number> {
  return new Promise((resolve) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const options = { agent, host: "127.0.0.1", port, path, method, headers: { ...headers, ...length } };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    outgoing.once("error", () => resolve(0));
    outgoing.end(body);
  });
}
