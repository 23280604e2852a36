import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";

/** For tests: unpacks what `toZip` packs. */
export function unpack(zip: Uint8Array, into: string): void {
  mkdirSync(into, { recursive: true });
  for (const [name, bytes] of Object.entries(unzipSync(zip))) writeFileSync(join(into, name), bytes);
}
