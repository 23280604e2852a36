import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Outcome } from "../../../../adapters/core/dispatch/outcome.ts";
import type { Delivery } from "../../../../adapters/core/dispatch/ports.ts";
import type { Ledger } from "../../../../adapters/core/ledger/ledger.ts";
import type { ShopEffects } from "../../../../adapters/core/test-shop.ts";

/** One of those whose documents are of the layout before versions: `{ state?, seen, lease? }`. */
export const COMMIT = "1961611de06d2677cbbd99aafedec0947e7d437a";
/** The services of that commit in one module, packed, with the licences of what is in it. Made by make.ts. */
export const PACKED = join(import.meta.dirname, "services.mjs.gz");

/** out: the module's file in that folder */
export function unpackOldBuild(folder: string): string {
  const file = join(folder, `loosely-${COMMIT.slice(0, 7)}.mjs`);
  writeFileSync(file, gunzipSync(readFileSync(PACKED)));
  return file;
}

/** What tests use of it; its types are those of that commit, which none of them needs. */
export interface OldBuild {
  readonly createSqliteLedger: (options: {
    readonly file: string;
  }) => Pick<Ledger, "save"> & { close(): Promise<void> };
  readonly createFunctions: (effects: ShopEffects) => readonly { readonly name: string }[];
  readonly dispatch: (fn: unknown, delivery: Delivery, ports: unknown) => Promise<Outcome>;
}

export const loadOldBuild = async (folder: string): Promise<OldBuild> =>
  import(pathToFileURL(unpackOldBuild(folder)).href);
