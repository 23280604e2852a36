// An editor that writes what the file MENDED holds: the event, or its data.
import { readFileSync, writeFileSync } from "node:fs";

const file = process.argv[2];
const event = JSON.parse(readFileSync(process.env.MENDED, "utf8"));
writeFileSync(file, JSON.stringify(file.endsWith("data.json") ? event.data : event));
