import type { Renderer } from "../rendered.ts";
import { toLists } from "./lists.ts";
import { type Plan, toPlan } from "./plan.ts";
import { readSettings } from "./settings.ts";
import { toTemplate } from "./template.ts";

/** What AWS is deployed from, by either way. */
export const renderAws: Renderer = (system) =>
  new Map(renderPlan(toPlan(system, readSettings())).map(([name, text]) => [`deploy/aws/${name}`, text]));

/** out: names of files, and their texts */
export const renderPlan = (plan: Plan): readonly (readonly [string, string])[] => [
  ["template.yaml", toTemplate(plan)],
  ["lists.sh", toLists(plan)],
];
