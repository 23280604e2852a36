import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { system } from "../../functions/index.ts";
import { checkDeployment } from "./check.ts";
import { RUN, WELL } from "./fixtures/texts.ts";
import { parseResources } from "./resource.ts";

const JUNK = [null, 7, "x", [null], { a: null }];

/** All paths in a value, outer ones first. */
function pathsIn(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...path]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[key] = replaced(copy[key], path, by);
  return copy;
}

it("falls over nothing that somebody writes: a field of another kind is as one that is not there", () => {
  const documents = [WELL, RUN].flatMap((text) => [...parseAllDocuments(text)].map((each): unknown => each.toJS()));
  const parsed = (value: unknown) => parseResources({ file: "f", text: JSON.stringify(value) });
  const good = documents.map(parsed);
  let runs = 0;
  for (const [index, document] of documents.entries())
    for (const path of pathsIn(document).slice(1))
      for (const junk of JUNK) {
        const resources = good.with(index, parsed(replaced(document, path, junk))).flat();
        expect(() => checkDeployment(resources, system), `${path.join(".")}: ${JSON.stringify(junk)}`).not.toThrow();
        runs += 1;
      }
  expect(runs).toBeGreaterThan(500);
});
