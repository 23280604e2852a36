import type { Metafile } from "esbuild";

export function buildGcf(outdir: string): Promise<Readonly<Record<string, Metafile>>>;
