import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import {
  canonical,
  deliveryCases,
  headersOfInterest,
  mask,
  type PublishCase,
  publishCases,
} from "../../../adapters/local/recording.ts";
import { ask, resiliencyYaml, startApp } from "../../../adapters/local/test-app.ts";
import { daprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { askRedis, redis, startRedis } from "../../engines/redis.ts";
import { ORACLE, withOracle } from "../shop/oracle.ts";
import { pause, until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { differs } from "./contract-differences.ts";

const missing = whyMissing("the contract of the local sidecar", [daprd, redis]);
/** After the last delivery that is awaited, for those that must not come. */
const QUIET_MS = 1_000;
/** A busy machine answers within it; an app that hangs is waited for four times. */
const DELIVERY_TIMEOUT_MS = 2_000;
const WITHIN_MS = 60_000;

// The cases that hold the local sidecar against the recordings of daprd 1.18.3 (adapters/local/recorded.test.ts), here on a
// daprd 1.14.0 that runs. Whatever comes out differently must stand in the list, and whatever stands there must differ.
describe.skipIf(missing !== undefined)("the contract on a real daprd 1.14.0 with Redis", () => {
  let dir: string;
  let broker: Running;
  let redisPort = 0;

  beforeAll(async () => {
    dir = freshFolder("contract");
    [redisPort = 0] = await freePorts(FIRST_PORT + 5, 1);
    broker = await startRedis({ port: redisPort, dir });
  });
  afterAll(() => broker?.stop());

  const oracle = () => ({ redisPort, logFile: `${dir}/daprd.log`, concurrency: 100 });

  it("answers and delivers what is published as 1.18.3 does, but for what the list says", async () => {
    const app = await startApp();
    const cases = [...publishCases.entries()];
    const outcomes = new Map<string, { readonly status: number; readonly body: string }>();
    for (const some of batches(cases)) {
      const topics = some.map(([index]) => ({ topic: `t${index}` }));
      const heard = app.deliveries.length;
      const awaited = some.filter(([, { delivered }]) => delivered).length;
      await withOracle({ ...oracle(), app, topics }, async (httpPort) => {
        for (const [index, one] of some) outcomes.set(one.name, await publish(httpPort, { ...one, index }));
        await until(() => app.deliveries.length - heard >= awaited, { what: "it has arrived", withinMs: WITHIN_MS });
        await pause(QUIET_MS);
      });
    }

    const found = cases.filter(([index, { name, status, errorCode, delivered }]) => {
      const outcome = outcomes.get(name);
      const call = app.deliveries.find(({ path }) => path === `/t${index}`);
      const live = {
        ...{ status: outcome?.status ?? 0, errorCode: errorCodeOf(outcome?.body) },
        headers: call && withoutClient(headersOfInterest(call.headers)),
        body: call && mask(withoutZeros(call.body), delivered?.body ?? "{}"),
      };
      const recorded = {
        ...{ status, errorCode, headers: delivered?.headers },
        body: delivered && canonical(delivered.body.replaceAll("<topic>", `t${index}`)),
      };
      return !isDeepStrictEqual({ ...live }, { ...recorded });
    });
    const names = found.map(([, { name }]) => `A.${name}`);
    expect(names).toEqual(cases.map(([, { name }]) => `A.${name}`).filter(differs));
  });

  it.each([true, false])(
    "takes the app's answers as 1.18.3 does (with retries: %s), but for what the list says",
    async (retries) => {
      const cases = [...deliveryCases.entries()].filter(([, one]) => one.retries === retries);
      const app = await startApp({
        answer({ path }, nth) {
          const { answers } = deliveryCases[Number(path.slice(2))] ?? { answers: [] };
          return answers[Math.min(nth, answers.length - 1)] ?? {};
        },
      });
      const found: string[] = [];
      for (const some of batches(cases)) {
        const topics = some.map(([index, { deadLetterTopic }]) => ({
          topic: `c${index}`,
          ...(deadLetterTopic ? { deadLetterTopic: `d${index}` } : {}),
        }));
        const policy = retries
          ? resiliencyYaml({ timeout: `${DELIVERY_TIMEOUT_MS}ms`, duration: "50ms", maxRetries: 3 })
          : undefined;
        const heard = app.deliveries.length;
        const total = some.reduce((sum, [, { observed }]) => sum + observed.deliveries, 0);
        await withOracle(
          { ...oracle(), app, topics, ...(policy === undefined ? {} : { policy }) },
          async (httpPort) => {
            for (const { topic } of topics)
              await ask(httpPort, { method: "POST", path: `/v1.0/publish/pubsub/${topic}`, body: "{}" });
            await until(() => app.deliveries.length - heard >= total, {
              what: "it was delivered",
              withinMs: WITHIN_MS,
            });
            // What follows upon the last one that hangs comes when its time is over.
            const hangs = some.some(([, { answers }]) => answers.some(({ hang }) => hang));
            await pause(retries && hangs ? DELIVERY_TIMEOUT_MS + QUIET_MS : QUIET_MS);
          },
        );
        for (const [index, { name, observed }] of some) {
          const live = {
            deliveries: app.deliveries.filter(({ path }) => path === `/c${index}`).length,
            deadLetters: Number(await askRedis({ port: redisPort }, ["XLEN", `d${index}`])),
            pending: JSON.parse(await askRedis({ port: redisPort }, ["XPENDING", `c${index}`, ORACLE]))[0],
          };
          if (!isDeepStrictEqual(live, observed)) found.push(name);
        }
      }
      expect(found).toEqual(cases.map(([, { name }]) => name).filter(differs));
    },
  );
});

/** Declared for all cases: where 1.18.3 says "" of a trace that there is not, 1.14.0 says zeros. */
const withoutZeros = (body: string): string => body.replaceAll(`00-${"0".repeat(32)}-${"0".repeat(16)}-00`, "");

/** The recordings leave out what Go's HTTP client says of itself. */
const withoutClient = ({
  "user-agent": _agent,
  "accept-encoding": _encoding,
  ...rest
}: Readonly<Record<string, unknown>>) => rest;

/** A topic that is read holds a connection, and daprd 1.14 has ten for each processor, whatever poolSize says. */
const AT_ONCE = 12;
const batches = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / AT_ONCE) }, (_, n) => list.slice(n * AT_ONCE, (n + 1) * AT_ONCE));

function publish(httpPort: number, one: PublishCase & { readonly index: number }) {
  const { index, method = "POST", pubsub = "pubsub", topic = `t${index}`, query = "", contentType, body } = one;
  const type = contentType === undefined ? {} : { "content-type": contentType };
  const path = `/v1.0/publish/${pubsub}/${topic}${query}`;
  return ask(httpPort, {
    ...{ method, path, headers: { ...type, ...one.headers } },
    ...(body === undefined ? {} : { body }),
  });
}

function errorCodeOf(body = ""): string | undefined {
  try {
    return JSON.parse(body).errorCode;
  } catch {
    return undefined;
  }
}
