import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { onTestFinished } from "vitest";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { defineSystem } from "../../../functions/kernel/system.ts";
import type { Check, Status } from "./api-types.ts";
import type { Commands } from "./commands.ts";
import { FaultRefused, type Faults } from "./faults-types.ts";
import { openConsole } from "./server.ts";
import { createTestHistory } from "./test-history.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";
export const Opened = defineEvent({
  type: "org.example.opened.v1",
  topic: "things",
  data: v.object({ id: v.string(), name: v.pipe(v.string(), v.metadata({ personal: true }) as never) }),
  subject: ({ id }) => id,
});
const system = defineSystem({
  name: "s",
  functions: [defineFunction({ name: "first", on: [when(Opened, () => ({}))] })],
});
export const status = {
  services: [],
  letters: 0,
} as unknown as Status;
export const check: Check = { id: 1, at: 0, fault: "kill first", must: "It is up again.", state: "watching" };
const faults: Faults = {
  async do({ do: doing }) {
    if (doing === "stop") throw new FaultRefused("first is stopped already");
    return check;
  },
  checks: () => [check],
  broken: () => [],
};
const commands = {
  letters: async () => ({ groups: [], letters: [] }),
  letter: async (digest: string) => ({ text: digest }),
  act: async () => ({ results: [], command: "npm run dead" }),
  say: async () => ({ id: "e-1", topic: "things" }),
} satisfies Commands;

/** A console of a system of one function, which ends with its test. */
export async function openTestConsole({ canBreak = true, port = 0 } = {}) {
  const history = createTestHistory();
  const console = await openConsole({
    ...{ history, system, commands, port, token: TOKEN, started: 7, catalogue: [Opened] },
    status: { read: () => status, close() {} },
    services: () => [{ name: "first", url: "http://127.0.0.1:1" }],
    faults: () => (canBreak ? faults : undefined),
  });
  onTestFinished(() => console.close());
  return { history, url: console.url, port: Number(new URL(console.url).port) };
}

export interface Sent {
  readonly method?: string;
  /** As it stands in the request: no client resolves it. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export async function send(port: number, { method = "GET", path = "/", headers = {}, body = "" }: Sent) {
  const sent = request({ host: "127.0.0.1", port, method, path, headers });
  sent.end(body);
  const [response] = await once(sent, "response");
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) };
}

export const JSON_TYPE = { "content-type": "application/json" };
