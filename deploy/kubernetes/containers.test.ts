import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { FOLDER, kustomizations, readManifests } from "./read.ts";

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly secretKeyRef?: object } }[];
}

const containers = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".yaml") && !file.endsWith("kustomization.yaml"))
  .flatMap((file) =>
    readManifests(file).flatMap(({ metadata, spec }) => {
      const { initContainers = [], containers: own = [] } = spec?.template?.spec ?? {};
      return ([...initContainers, ...own] as Container[]).map((each) => ({
        ...each,
        of: `${metadata.name} in ${file}`,
      }));
    }),
  );

/** Images without a digest, each with its reason. */
const BY_NAME: Readonly<Record<string, string>> = {
  loosely: "yours: each overlay says which under images:",
  "openzipkin/zipkin:3.5.1": "no digest of it is vouched for by two who have recorded it; for development alone",
};

it("every image is named by version and digest, but those with a reason: a tag can be moved", () => {
  const images = [...new Set(containers.flatMap(({ image }) => image ?? []))];
  expect(images.filter((image) => !/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image)).toSorted()).toEqual(
    Object.keys(BY_NAME).toSorted(),
  );
});

it("an overlay takes no image but the shop's by another name than the manifests do", () => {
  const named = kustomizations.flatMap(({ images = [] }) => images.map(({ name }) => name));
  expect([...new Set(named)]).toEqual(["loosely"]);
});

it("no Secret is an argument of a process, which every list of processes shows", () => {
  expect(containers.length).toBeGreaterThan(0);
  const shown = containers.flatMap(({ of, env = [], command = [], args = [] }) =>
    env
      .filter(
        ({ name, valueFrom }) => valueFrom?.secretKeyRef && [...command, ...args].join(" ").includes(`$(${name})`),
      )
      .map(({ name }) => `${of}: ${name}`),
  );
  expect(shown).toEqual([]);
});
