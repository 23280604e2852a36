import type { Letter } from "../../../adapters/dapr/keeper/letter.ts";
import type { GroupOfLetters } from "../../../adapters/dapr/keeper/letters.ts";
import { KEEPER } from "../../../functions/kernel/system.ts";
import { OWN_ADDRESS } from "../tools/ports.ts";
import { type Pod, podPorts, type Shop, startPod, TOKENS } from "./shop.ts";

/** The keeper beside its sidecar, and what it is asked. */
export interface TestKeeper {
  readonly pod: Pod;
  /** All of them. */
  list(): Promise<readonly Letter[]>;
  groups(): Promise<{ readonly total: number; readonly groups: readonly GroupOfLetters[] }>;
  /** out: its bytes as text */
  show(digest: string): Promise<string>;
  /** out: the status of the answer, 0 where there is none */
  replay(digest: string, told?: { readonly topic?: string; readonly event?: object }): Promise<number>;
  drop(digest: string): Promise<number>;
}

interface KeeperOptions {
  readonly replica?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts one more pod in a shop. */
export async function startKeeper(shop: Shop, { replica = 1, env = {} }: KeeperOptions = {}): Promise<TestKeeper> {
  const { dir, resources } = shop;
  const pod = await startPod({ name: KEEPER, ports: await podPorts(1), replica, dir, resources, env });
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`http://${OWN_ADDRESS}:${pod.appPort}${path}`, {
      method,
      headers: { "dapr-api-token": TOKENS.APP_API_TOKEN },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  const statusOf = (asked: Promise<{ readonly status: number }>): Promise<number> =>
    asked.then(
      ({ status }) => status,
      () => 0,
    );
  return {
    pod,
    async list() {
      const all: Letter[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined; ) {
        const { body } = await ask("GET", `/letters?limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`);
        all.push(...body.letters);
        cursor = body.cursor;
      }
      return all;
    },
    groups: async () => (await ask("GET", "/letters/groups")).body,
    show: async (digest) => Buffer.from((await ask("GET", `/letters/${digest}`)).body.body, "base64").toString(),
    replay: (digest, { topic, event } = {}) =>
      statusOf(
        ask("POST", `/letters/${digest}/replay`, {
          ...(topic === undefined ? {} : { topic }),
          ...(event ? { event: Buffer.from(JSON.stringify(event)).toString("base64") } : {}),
        }),
      ),
    drop: (digest) => statusOf(ask("DELETE", `/letters/${digest}`)),
  };
}

/** Publishes bytes as they are, past every service: what other producers write to the broker. */
export async function publishBytes(pod: Pod, { topic, body }: { readonly topic: string; readonly body: string }) {
  const answer = await fetch(
    `http://127.0.0.1:${pod.sidecarPort}/v1.0/publish/pubsub/${topic}?metadata.rawPayload=true`,
    {
      method: "POST",
      headers: { "dapr-api-token": TOKENS.DAPR_API_TOKEN, "content-type": "application/octet-stream" },
      body,
    },
  );
  if (answer.status !== 204) throw new Error(`publish answered ${answer.status}: ${await answer.text()}`);
}
