import { join } from "node:path";
import { audit } from "./audit.ts";

const { kind, line } = await audit({ folder: join(import.meta.dirname, "../..") });
process.stdout.write(`${line}\n`);
if (kind === "vulnerable") process.exitCode = 1;
