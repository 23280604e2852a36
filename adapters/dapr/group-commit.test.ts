import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { CallOptions } from "../core/ledger/ledger.ts";
import { createGroup } from "./group-commit.ts";

const MB = 1024 * 1024;

interface Request {
  readonly names: readonly string[];
  readonly signal: AbortSignal;
  answer(failing?: readonly string[]): void;
  fail(error: Error): void;
}

/** Requests that are answered by hand. */
function start({ isOrdered = false }: { readonly isOrdered?: boolean } = {}) {
  const requests: Request[] = [];
  const group = createGroup<{ keys: readonly string[]; bytes: number; name: string }, string>({
    isOrdered,
    send: (calls, { signal }) =>
      new Promise((resolve, reject) => {
        const names = calls.map(({ name }) => name);
        requests.push({
          names,
          signal: signal as AbortSignal,
          answer: (failing = []) =>
            resolve(names.map((name) => (failing.includes(name) ? new Error(`no ${name}`) : `did ${name}`))),
          fail: reject,
        });
      }),
  });
  const ask = (
    name: string,
    { key = name, bytes = 1, ...options }: CallOptions & { key?: string; bytes?: number } = {},
  ) => {
    const asked = group({ keys: [key], bytes, name }, options);
    // Looked at later.
    asked.catch(() => undefined);
    return asked;
  };
  return { requests, ask, sent: () => requests.map(({ names }) => names) };
}

const names = (count: number) => Array.from({ length: count }, (_, nth) => `n${nth}`);

it("sends one call at the end of its turn, and those of a turn together, whenever in it they come", async () => {
  const { ask, sent, requests } = start();
  void ask("alone");
  await turn();
  expect(sent()).toEqual([["alone"]]);
  const all = [ask("a"), Promise.resolve().then(() => ask("b")), ask("c")];
  await turn();
  expect(sent().slice(1)).toEqual([["a", "c", "b"]]);
  requests[1]?.answer(["c"]);
  expect(await Promise.allSettled(all)).toEqual([
    { status: "fulfilled", value: "did a" },
    { status: "fulfilled", value: "did b" },
    { status: "rejected", reason: new Error("no c") },
  ]);
});

it("has what comes while four requests are under way wait for the next, where it goes together", async () => {
  const { ask, sent, requests } = start();
  for (const name of names(4)) {
    void ask(name);
    await turn();
  }
  for (const name of ["a", "b", "c"]) {
    void ask(name);
    await turn();
  }
  expect(sent()).toEqual(names(4).map((name) => [name]));
  requests[2]?.answer();
  await turn();
  await turn();
  expect(sent().slice(4)).toEqual([["a", "b", "c"]]);
});

it.each([
  ["250 calls", names(250), 1, [100, 100, 50]],
  ["calls of more than 3 MiB together", names(5), 1.2 * MB, [2, 2, 1]],
  ["one call that is larger by itself", names(2), 3.5 * MB, [1, 1]],
])("splits %s, in their order", async (_what, all, bytes, lengths) => {
  const { ask, sent } = start();
  for (const name of all) void ask(name, { bytes });
  await turn();
  expect(sent().map((some) => some.length)).toEqual(lengths);
  expect(sent().flat()).toEqual(all);
});

it("never has two calls of one key under way where order counts, and lets the others pass", async () => {
  const { ask, sent, requests } = start({ isOrdered: true });
  for (const name of ["k1", "k2", "other", "k3"]) void ask(name, { key: name.replace(/\d/, "") });
  await turn();
  expect(sent()).toEqual([["k1", "other"]]);
  void ask("k4", { key: "k" });
  void ask("more");
  await turn();
  expect(sent().slice(1)).toEqual([["more"]]);
  for (const nth of [0, 2, 3]) {
    requests[nth]?.answer();
    await turn();
    await turn();
  }
  expect(sent().slice(2)).toEqual([["k2"], ["k3"], ["k4"]]);
});

it("goes on with a key after a request that failed for all of its calls", async () => {
  const { ask, sent, requests } = start({ isOrdered: true });
  const all = [ask("k1", { key: "k" }), ask("a"), ask("k2", { key: "k" })];
  await turn();
  requests[0]?.fail(new Error("away"));
  await expect(all[0]).rejects.toThrow("away");
  await expect(all[1]).rejects.toThrow("away");
  await turn();
  requests[1]?.answer();
  expect(await all[2]).toBe("did k2");
  expect(sent()).toEqual([["k1", "a"], ["k2"]]);
});

it("lets go of whoever is aborted at once: the request goes on for the others, and ends with the last", async () => {
  const { ask, requests } = start();
  const [one, other] = [new AbortController(), new AbortController()];
  const all = [ask("a", { signal: one.signal }), ask("b", { signal: other.signal })];
  await turn();
  one.abort(new Error("too late"));
  await expect(all[0]).rejects.toThrow("too late");
  expect(requests[0]?.signal.aborted).toBe(false);
  other.abort(new Error("too late as well"));
  await expect(all[1]).rejects.toThrow("too late as well");
  expect(requests[0]?.signal.aborted).toBe(true);
});

it("sends nothing for whoever is aborted before its turn ends, or was before it asked", async () => {
  const { ask, sent } = start();
  const controller = new AbortController();
  const all = [ask("a", { signal: controller.signal }), ask("b")];
  controller.abort(new Error("never mind"));
  all.push(ask("c", { signal: controller.signal }));
  await turn();
  expect(sent()).toEqual([["b"]]);
  await expect(all[0]).rejects.toThrow("never mind");
  await expect(all[2]).rejects.toThrow("never mind");
});
