import { spawnSync } from "node:child_process";

/** What a run is told by its environment. */
export interface Settings {
  /** Images by their name in the manifests: what is run instead. */
  readonly images: Readonly<Record<string, string>>;
  /** Where pods reach servers of this machine. Undefined: they do not. */
  readonly hostAddress: string | undefined;
  /** Leaves everything as it is in the end, to be looked at. */
  readonly keep: boolean;
}

export const settings: Settings = {
  images: Object.fromEntries(
    [
      ["loosely", process.env.SHOP_IMAGE],
      ["redis", process.env.REDIS_IMAGE],
      ["openzipkin/zipkin", process.env.ZIPKIN_IMAGE],
    ].filter((pair): pair is [string, string] => pair[1] !== undefined),
  ),
  hostAddress: process.env.HOST_ADDRESS,
  keep: process.env.KEEP === "true",
};

/** out: why nothing can be tried on a cluster now, in one line; undefined when it can. */
export function missingCluster(): string | undefined {
  if (settings.images.loosely === undefined)
    return "kubernetes: SHOP_IMAGE is not set, see npm run e2e:kubernetes -- --help";
  const { status, stderr, error } = spawnSync(
    "kubectl",
    ["get", "crd", "components.dapr.io", "--request-timeout=5s", "-o", "name"],
    { encoding: "utf8" },
  );
  return status === 0
    ? undefined
    : `kubernetes: no cluster with Dapr answers: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
}

/** out: why no pod can reach a server of this machine, in one line; undefined when they can. */
export const missingHost = (): string | undefined =>
  settings.hostAddress === undefined ? "kubernetes: HOST_ADDRESS is not set: no broker outside the cluster" : undefined;
