import type { DatabaseSync } from "node:sqlite";
import type { Story } from "./api-types.ts";

export function createStories(_db: DatabaseSync): { find(id: string): Story | undefined } {
  return { find: () => undefined };
}
