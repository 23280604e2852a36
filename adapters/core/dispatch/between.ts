interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A time in ms, held within bounds. */
export const between = (ms: number, { least, most }: Bounds): number => Math.min(Math.max(ms, least), most);
