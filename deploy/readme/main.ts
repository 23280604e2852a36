import { readFileSync, writeFileSync } from "node:fs";
import { renew } from "./blocks.ts";

const page = readFileSync("README.md", "utf8");
writeFileSync("README.md", await renew(page));
