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

/** out: why nothing is tried on a cluster, in one line; undefined when something is: whoever names images wants to see it fail. */
export const missingCluster = (): string | undefined =>
  settings.images.loosely === undefined ? "SHOP_IMAGE is not set: no image that a cluster could run" : undefined;

/** out: why no pod can reach a server of this machine, in one line; undefined when they can. */
export const missingHost = (): string | undefined =>
  settings.hostAddress === undefined ? "HOST_ADDRESS is not set: no broker outside the cluster" : undefined;
