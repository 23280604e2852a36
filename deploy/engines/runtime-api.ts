import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** out: what the handler returned. throws: InvocationError */
export type Invoke = (event: unknown) => Promise<unknown>;

/** An invocation that Lambda would count as failed. */
export class InvocationError extends Error {
  override readonly name = "InvocationError";
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: InvocationError) => void;
}

interface RuntimeApi {
  /** host:port */
  readonly address: string;
  readonly invoke: Invoke;
  /** Whether the runtime has asked for work: its init phase is over. */
  isPolled(): boolean;
  initError(): string | undefined;
  /** The process is gone: what it was at work on has failed, what waits fails too. */
  fail(why: string): void;
  close(): Promise<void>;
}

/**
 * The HTTP interface between Lambda and one execution environment: one invocation at a time, the others wait.
 *
 * source  AWS Lambda developer guide, "Using the Lambda runtime API"
 */
export async function createRuntimeApi({
  name,
  timeoutMs,
}: {
  readonly name: string;
  readonly timeoutMs: number;
}): Promise<RuntimeApi> {
  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  let idle: ServerResponse | undefined;
  let polled = false;
  let failedInit: string | undefined;
  let gone: string | undefined;

  const hand = () => {
    const [next] = waiting;
    if (!idle || !next) return;
    waiting.shift();
    running.set(next.id, next);
    idle.writeHead(200, {
      // The native client counts on it.
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": next.id,
      "lambda-runtime-deadline-ms": String(Date.now() + timeoutMs),
      "lambda-runtime-invoked-function-arn": `arn:aws:lambda:eu-west-1:123456789012:function:${name}`,
      "lambda-runtime-trace-id": "Root=1-65f00000-000000000000000000000001;Parent=0000000000000001;Sampled=0",
    });
    idle.end(JSON.stringify(next.event));
    idle = undefined;
  };

  const settle = (id: string, body: string, isError: boolean) => {
    const invocation = running.get(id);
    running.delete(id);
    if (isError) invocation?.reject(new InvocationError(body));
    else invocation?.resolve(body === "" ? null : JSON.parse(body));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const [, , , what, id = "", end] = (request.url ?? "").split("/");
    if (request.method === "GET") {
      polled = true;
      idle = response;
      response.once("close", () => {
        if (idle === response) idle = undefined;
      });
      return hand();
    }
    const body = await text(request);
    if (what === "init") failedInit = body;
    else settle(id, body, end === "error");
    response.writeHead(202, { "content-type": "application/json" }).end("{}");
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const fail = (why: string) => {
    gone = why;
    for (const { reject } of [...running.values(), ...waiting.splice(0)]) reject(new InvocationError(why));
    running.clear();
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    isPolled: () => polled,
    initError: () => failedInit,
    fail,
    invoke: (event) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(new InvocationError(gone));
        const id = randomUUID();
        const timer = setTimeout(() => reject(new InvocationError(`no answer within ${timeoutMs} ms`)), timeoutMs);
        waiting.push({
          id,
          event,
          resolve: (answer) => {
            clearTimeout(timer);
            resolve(answer);
          },
          reject: (error) => {
            clearTimeout(timer);
            reject(error);
          },
        });
        hand();
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
