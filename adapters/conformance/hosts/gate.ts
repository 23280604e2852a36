import type { FastifyInstance } from "fastify";
import type { Verdict } from "../host.ts";

/** Before an app: deliveries wait there until a case asks for one. A bulk is as many as it has entries. */
export interface Gate {
  /**
   * Lets the next delivery in.
   *
   * out  what the app answered; `again` only once it has come again and waits
   */
  letOneIn(): Promise<Verdict>;
  /** The app ends: whoever waits, or still comes, is to come again. */
  close(): void;
}

/**
 * Sidecars deliver again when they like; with a gate, a case knows which delivery it looks at.
 *
 * in  onTaken: a delivery has been taken, and comes no more
 */
export function createGate(app: FastifyInstance, onTaken: () => void = () => {}): Gate {
  const waiting: ((isIn: boolean) => void)[] = [];
  const asking: ((verdict: Verdict) => void)[] = [];
  const arrivals: (() => void)[] = [];
  let permits = 0;
  let closed = false;

  const enter = () =>
    new Promise<boolean>((resolve) => {
      if (closed) return resolve(false);
      if (permits > 0) {
        permits--;
        return resolve(true);
      }
      waiting.push(resolve);
      arrivals.shift()?.();
    });

  const verdicts = new WeakMap<object, readonly Verdict[]>();
  app.addHook("onRequest", async (request, reply) => {
    if (request.method !== "POST") return;
    const { raw } = reply;
    // No hook sees what is said to a delivery.
    const end = raw.end.bind(raw) as (...args: readonly unknown[]) => typeof raw;
    raw.end = (...args: readonly unknown[]) => {
      verdicts.set(request, raw.statusCode === 200 ? verdictsIn(String(args[0])) : ["again"]);
      return end(...args);
    };
    if (!(await enter())) return reply.code(503).send({ status: "RETRY" });
  });
  app.addHook("onResponse", async (request) => {
    const all = verdicts.get(request) ?? [];
    for (const verdict of all) if (verdict === "done") onTaken();
    const [first, ...others] = all;
    if (first) asking.shift()?.(first);
    for (const verdict of others) {
      // Whoever has let it in, or will.
      asking.shift()?.(verdict);
      if (permits > 0) permits--;
    }
  });

  return {
    async letOneIn() {
      const answered = new Promise<Verdict>((resolve) => asking.push(resolve));
      const next = waiting.shift();
      if (next) next(true);
      else permits++;
      const verdict = await answered;
      if (verdict === "again" && waiting.length === 0 && !closed)
        await new Promise<void>((resolve) => arrivals.push(resolve));
      return verdict;
    },
    close() {
      closed = true;
      for (const refuse of waiting.splice(0)) refuse(false);
    },
  };
}

function verdictsIn(answer: string): readonly Verdict[] {
  const { statuses = [{ status: "SUCCESS" }] } = JSON.parse(answer) as {
    readonly statuses?: readonly { readonly status: string }[];
  };
  return statuses.map(({ status }) => (status === "SUCCESS" ? "done" : "again"));
}
