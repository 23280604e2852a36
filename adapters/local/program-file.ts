import { extname, join } from "node:path";

/** Of the repository, or of the package that is made of it. */
export const ROOT = join(import.meta.dirname, "../..");
/** `.ts`, or `.js` where it is compiled. */
const EXTENSION = extname(import.meta.filename);

/** A module as a file that Node runs. in: its path from the root, with `.ts` */
export const programFile = (path: string): string => join(ROOT, path.replace(/\.ts$/, EXTENSION));
