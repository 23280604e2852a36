import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SECRET } from "../core/edge/edge-settings.ts";

/**
 * What the dead letters in a folder of data are sealed with (LETTER_SECRET): made once, and lies beside them, for whoever replays
 * them. Only its owner may read it.
 */
export function letterSecret(dataDir: string): string {
  const file = join(dataDir, "letter-secret");
  const kept = readSecret(file);
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString("hex");
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, made, { mode: 0o600 });
  // Whole or not at all: a half of one would seal what the whole one does not open.
  renameSync(draft, file);
  return made;
}

function readSecret(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return SECRET.test(text) ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
