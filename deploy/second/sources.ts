import type { System } from "../../functions/kernel/system.ts";
import type { Sources } from "../entries.ts";
import { system } from "./functions/index.ts";

export const SECOND: Sources = {
  system: system as System<never>,
  functions: "deploy/second/functions",
  effects: "deploy/second/effects",
};
