import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { ConfigError } from "../core/host/config-error.ts";
import { listenOn } from "./listen.ts";
import { endOf, faultsOf, ready, run } from "./test-service.ts";

const LOOPBACKS = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
const withoutIpv6 = !LOOPBACKS.includes("::1");
const TOKEN = { APP_API_TOKEN: "t", LEDGER: "memory" };
/** As in a kernel without IPv6: -97 is EAFNOSUPPORT, -99 EADDRNOTAVAIL. */
const noIpv6 = (code: number) => `data:text/javascript,process.binding("tcp_wrap").TCP.prototype.bind6=()=>${code}`;

async function takePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

it.each([
  ["APP_PORT", "in use"],
  ["METRICS_PORT", "in use"],
])("says in one line that %s is %s, and ends with 1", async (variable) => {
  const port = await takePort();
  const { code, stderr } = await endOf(run("billing", { ...TOKEN, APP_PORT: "0", [variable]: port }));
  expect([code, faultsOf(stderr)]).toEqual([
    1,
    [`${variable}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`],
  ]);
});

it.each([
  ["a name that nobody has", { APP_HOST: "nowhere.invalid" }, /^APP_HOST: getaddrinfo /],
  ["an address of another machine", { APP_HOST: "192.0.2.77" }, /^APP_HOST: listen EADDRNOTAVAIL: /],
  ["the same beside METRICS_PORT", { APP_HOST: "192.0.2.77", METRICS_PORT: "0" }, /^APP_HOST: listen EADDRNOTAVAIL: /],
  ["a name that nobody has beside METRICS_PORT", { APP_HOST: "nowhere.invalid", METRICS_PORT: "0" }, /^APP_HOST: /],
  ["no address at all", { APP_HOST: "[localhost]" }, /^APP_HOST: must be a name or an address/],
])("says in one line that it cannot listen at %s, and ends with 1", async (_what, env, message) => {
  const { code, stderr } = await endOf(run("billing", { ...TOKEN, APP_PORT: "0", ...env }));
  expect([code, faultsOf(stderr)]).toEqual([1, [expect.stringMatching(message)]]);
});

it.each([
  ["EACCES", "listen", "METRICS_PORT"],
  ["EADDRINUSE", "listen", "METRICS_PORT"],
  ["EAFNOSUPPORT", "listen", "APP_HOST"],
  ["EAI_AGAIN", "getaddrinfo", "APP_HOST"],
])("%s of %s is the fault of %s", async (code, syscall, variable) => {
  const fail = () => Promise.reject(Object.assign(new Error(`${syscall} ${code}`), { code, syscall }));
  const listening = listenOn({ host: "a.example", port: 1, variable: "METRICS_PORT" }, fail);
  await expect(listening).rejects.toThrow(new ConfigError(`${variable}: ${syscall} ${code}`));
});

it("listens by the address of localhost: by that name Fastify would make a second server, without our limits", async () => {
  const { host } = await listenOn({ host: "localhost", port: 1, variable: "APP_PORT" }, async (address) => address);
  expect(["127.0.0.1", "::1"]).toContain(host);
});

it("what is no fault of the environment keeps its stack", async () => {
  const fault = new TypeError("ours");
  const listening = listenOn({ host: "::", port: 1, variable: "APP_PORT" }, () => Promise.reject(fault));
  await expect(listening).rejects.toBe(fault);
});

const statusAt = async (host: string, { address, lines }: Awaited<ReturnType<typeof ready>>) => {
  const { metricsPort } = lines.find(({ msg }) => msg === "ready") ?? {};
  const { port } = new URL(address);
  const urls = [`http://${host}:${port}/healthz`, `http://${host}:${metricsPort}/metrics`];
  return Promise.all(urls.map(async (url) => (await fetch(url)).status));
};

it.skipIf(withoutIpv6)(
  "at :: serves who comes by IPv6 and who comes by IPv4, as the sidecar in the pod does",
  async () => {
    const service = await ready(run("billing", { ...TOKEN, APP_HOST: "::", APP_PORT: "0", METRICS_PORT: "0" }));
    expect(await statusAt("127.0.0.1", service)).toEqual([200, 200]);
    expect(await statusAt("[::1]", service)).toEqual([200, 200]);
  },
);

it.each([-97, -99])("at :: serves who comes by IPv4 where the kernel has no IPv6 (%i)", async (code) => {
  const env = { ...TOKEN, APP_HOST: "::", APP_PORT: "0", METRICS_PORT: "0" };
  const service = await ready(run("billing", env, { args: ["--import", noIpv6(code)] }));
  expect(await statusAt("127.0.0.1", service)).toEqual([200, 200]);
});

it.skipIf(withoutIpv6)("takes an address of IPv6 in brackets, as URLs have it", async () => {
  const service = await ready(
    run("billing", { LEDGER: "memory", APP_HOST: "[::1]", APP_PORT: "0", METRICS_PORT: "0" }),
  );
  expect(await statusAt("[::1]", service)).toEqual([200, 200]);
});
