import { zipSync } from "fflate";

/** The first day that zip knows, by the clock of this machine, as it is written. At noon, which no clock has ever left out. */
const FIRST_DAY = new Date(1980, 0, 1, 12);
const UNIX = 3;
/** A plain file that everybody may read: Lambda runs as another user. */
const MODE = 0o100644;
/** Stored: compressors differ between builds, and so would the zip. */
const OPTIONS = { level: 0, mtime: FIRST_DAY, os: UNIX, attrs: MODE * 0x10000 } as const;

/**
 * A zip of files in the order given.
 *
 * out  the archive's bytes: the same for the same files, everywhere
 */
export const toZip = (files: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array =>
  zipSync(Object.fromEntries(files.map(([name, content]) => [name, [content, OPTIONS] as const])));
