import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { render } from "./kustomize.ts";
import { underDaprCli } from "./own-deployments.ts";
import type { Resource } from "./resource.ts";

const DEPLOY = join(import.meta.dirname, "..");
const components = readdirSync(join(DEPLOY, "kubernetes/components"));
const brokers = components.filter((name) => name.startsWith("broker-"));
const overlays = readdirSync(join(DEPLOY, "kubernetes/overlays"));

const root = mkdtempSync(join(tmpdir(), "loosely-doctor-"));
for (const part of ["kubernetes", "dapr"]) cpSync(join(DEPLOY, part), join(root, part), { recursive: true });
afterAll(() => rmSync(root, { recursive: true, force: true }));

const linesOf = (resources: readonly Resource[]) =>
  check({ deployments: [resources], sources: [] }).map(
    ({ file, line, rule, what }) => `${file}:${line} ${rule.id} ${what}`,
  );

/** The overlay as somebody has it who takes another broker. in  brokers: with the former one between two */
function renderWith(overlay: string, lines: readonly string[]): readonly Resource[] {
  const folder = join(root, "kubernetes/overlays", overlay);
  const file = join(folder, "kustomization.yaml");
  const shipped = readFileSync(join(DEPLOY, "kubernetes/overlays", overlay, "kustomization.yaml"), "utf8");
  const swapped = lines.map((name) => `  - ../../components/${name}\n`).join("");
  writeFileSync(file, shipped.replace(/ {2}- ..\/..\/components\/broker-\w+\n/, swapped));
  return render(folder) ?? [];
}

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

describe.runIf(hasKubectl)("the manifests that ship", () => {
  const rows = overlays.flatMap((overlay) => brokers.map((broker) => ({ overlay, broker })));

  it.each(rows)("have no fault in $overlay with $broker", ({ overlay, broker }) => {
    const resources = renderWith(overlay, [broker]);
    expect(resources.filter(({ kind }) => kind === "Deployment").length).toBeGreaterThan(1);
    expect(linesOf(resources)).toEqual([]);
  });

  it("have no fault while one broker takes over from another", () => {
    expect(linesOf(renderWith("production", ["broker-redis", "former-broker", "broker-kafka"]))).toEqual([]);
  });

  it("have no fault where a function goes back to single deliveries, as the page says", () => {
    renderWith("development", ["broker-redis"]);
    const page = readFileSync(join(DEPLOY, "kubernetes/README.md"), "utf8");
    const [patch = ""] = page.split("```").filter((each) => each.includes("path: /spec/bulkSubscribe"));
    const folder = join(root, "kubernetes/overlays/single");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "kustomization.yaml"),
      `resources: [../development]\n${patch.replace(/^yaml\n/, "").replace("notification-", ".*-orders")}`,
    );
    const resources = render(folder) ?? [];
    const isBulk = ({ value }: Resource) => JSON.stringify(value).includes("bulkSubscribe");
    const subscriptions = resources.filter(({ kind }) => kind === "Subscription");
    const bulks = subscriptions.filter(isBulk).map(({ name }) => name);
    expect(bulks.length).toBeGreaterThan(0);
    expect(bulks.filter((name) => name.endsWith("-orders"))).toEqual([]);
    expect(linesOf(resources)).toEqual([]);
  });

  it("would have one at the place of what a patch or an overlay has changed, not of the rendered text", () => {
    const file = join(root, "dapr/resources/resiliency.yaml");
    const shipped = readFileSync(file, "utf8");
    writeFileSync(file, shipped.replace("maxRetries: -1", "maxRetries: 3"));
    const line = 1 + shipped.split("\n").findIndex((each) => each.includes("maxRetries: -1"));
    const found = linesOf(renderWith("development", ["broker-redis"])).filter((each) => each.includes("finite"));
    writeFileSync(file, shipped);
    expect(found).toEqual([
      expect.stringMatching(
        new RegExp(`dapr/resources/resiliency.yaml:${line} finite-inbound-retries deliveries from pubsub`),
      ),
    ]);
  });
});

it("what ships for the Dapr CLI has no fault with any broker", () => {
  const all = underDaprCli();
  expect(all.length).toBeGreaterThan(1);
  expect(all.map(linesOf)).toEqual(all.map(() => []));
});
