import { stringify } from "yaml";

/** A name as it may stand in YAML of any version: `on` and `no` are no strings to whoever reads 1.1, as kubectl and daprd do. */
export const toScalar = (name: string): string => stringify(name, OLDEST).trimEnd();

export const OLDEST = { version: "1.1", lineWidth: 0 } as const;
