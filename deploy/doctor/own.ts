import { settings } from "../../adapters/dapr/config.ts";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { App } from "./apps.ts";
import type { Deployment } from "./deployment.ts";

/** An app that is a function of the system, by what it is started with: of others' apps only manifests are known. */
export function functionOf({ system }: Pick<Deployment, "system">, app: App): FunctionDefinition | undefined {
  const { definition } = system.functions.find(({ name }) => name === app.id) ?? {};
  return definition && app.command.some((part) => isBundleOf(part, app.id)) ? definition : undefined;
}

const isBundleOf = (part: string, name: string): boolean => part === `${name}.mjs` || part.endsWith(`/${name}.mjs`);

/** The apps that are functions of the system, each with its definition. */
export function ownApps(deployment: Deployment): readonly { readonly app: App; readonly fn: FunctionDefinition }[] {
  return deployment.apps.flatMap((app) => {
    const fn = functionOf(deployment, app);
    return fn ? [{ app, fn }] : [];
  });
}

/** Whether all functions of the system are here: only then can be said what nobody hears. */
export const isWhole = (deployment: Deployment): boolean =>
  ownApps(deployment).length === deployment.system.functions.length;

/** A time that an app is told, or else has by itself. out: ms */
export function timeOf(app: App, variable: "DISPATCH_TIMEOUT_MS" | "GIVE_UP_AFTER_MS"): number {
  return Number(app.variable(variable) ?? settings.find((setting) => setting.variable === variable)?.default);
}
