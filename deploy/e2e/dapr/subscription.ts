import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { RESOURCES } from "./overlay.ts";

/** The subscription of an app that is not of the shop, as that of a function that ships. out: YAML */
export function subscribedAsOurs(app: string, topic: string): string {
  const [document] = parseAllDocuments(readFileSync(join(RESOURCES, "subscriptions.yaml"), "utf8"));
  document?.setIn(["metadata", "name"], app);
  document?.setIn(["spec", "topic"], topic);
  document?.setIn(["spec", "routes", "default"], `/${topic}`);
  document?.setIn(["scopes"], [app]);
  return String(document);
}
