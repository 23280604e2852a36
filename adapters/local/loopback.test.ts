import { expect, it } from "vitest";
import { keepLoopbackDirect } from "./loopback.ts";

const HERE = "127.0.0.1,localhost,::1";

it.each([
  ["nothing", {}, HERE],
  ["an empty list", { NO_PROXY: "" }, HERE],
  ["others", { NO_PROXY: "example.com" }, `example.com,${HERE}`],
  ["two lists, of which programs take the lower-case one", { NO_PROXY: "one", no_proxy: "two" }, `two,${HERE}`],
  ["what is here", { no_proxy: "localhost,example.com" }, "localhost,example.com,127.0.0.1,::1"],
])("what is on this machine needs no proxy where the shell says %s", (_what, env, list) => {
  const told = { ...env, HTTP_PROXY: "http://127.0.0.1:9" };
  keepLoopbackDirect(told);
  expect(told).toEqual({ HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: list, no_proxy: list });
});
