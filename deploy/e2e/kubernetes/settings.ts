import type { Engine } from "../../engines/engine.ts";

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

/** Nothing is tried on a cluster unless images are named: whoever names them wants to see it fail. */
export const cluster: Pick<Engine, "missing"> = {
  missing: () =>
    settings.images.loosely === undefined ? "SHOP_IMAGE is not set: no image that a cluster could run" : undefined,
};

/** This machine, for servers that pods reach. */
export const host: Pick<Engine, "missing"> = {
  missing: () =>
    settings.hostAddress === undefined ? "HOST_ADDRESS is not set: no broker outside the cluster" : undefined,
};
