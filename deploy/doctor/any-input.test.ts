import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { system } from "../../functions/index.ts";
import { checkDeployment } from "./check.ts";
import { textChecks } from "./checks.ts";
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

/** In the long form, which JSON has too. */
const long = (template: string): string =>
  template
    .replaceAll(/!GetAtt ([\w.]+)/g, '{"Fn::GetAtt": "$1"}')
    .replaceAll(/!Ref ([\w:]+)/g, '{Ref: "$1"}')
    .replaceAll(/!Sub ("?)([^\n"\],]+)\1/g, '{"Fn::Sub": "$2"}')
    .replaceAll(/!Equals (\[[^\]]*\])/g, '{"Fn::Equals": $1}')
    .replaceAll(/!(If|Not|Join) (\[.*\])/g, '{"Fn::$1": $2}');
const fixture = (file: string) => readFileSync(join(import.meta.dirname, "fixtures", file), "utf8");

it.each([
  ["a template", [long(fixture("aws/good.yaml"))]],
  ["what gcloud describes", fixture("gcloud/described.txt").split(/\n(?=[[{])/)],
])("falls over nothing that stands in %s", (_what, texts) => {
  const documents = texts.map((text): unknown => parseAllDocuments(text)[0]?.toJS());
  const junk = [...JUNK, {}, { Ref: null }, { "Fn::If": 1 }, { "Fn::Join": {} }];
  let runs = 0;
  for (const [index, document] of documents.entries())
    for (const path of pathsIn(document).slice(1)) {
      // All at all places take half a minute.
      const by = junk[runs % junk.length];
      const all = documents.with(index, replaced(document, path, by));
      const source = { file: "f", text: all.map((each) => JSON.stringify(each)).join("\n") };
      const check = () => textChecks.find((each) => each.isFor(source))?.check(source);
      expect(check, `${path.join(".")}: ${JSON.stringify(by)}`).not.toThrow();
      runs += 1;
    }
  expect(runs).toBeGreaterThan(50);
});
