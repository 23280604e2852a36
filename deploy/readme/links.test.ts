import { expect, it } from "vitest";
import { anchorsOf, linksOf } from "./links.ts";

it("finds links within the project, and none to elsewhere, to an address or in code", () => {
  const page = "[a](b.md) [c](../d.ts#e-f), [g](#h) [i](https://example.com) ![j](k.png)\n```sh\n[l](m)\n```\n`[n](o)`";
  expect(linksOf(page)).toEqual(["b.md", "../d.ts#e-f", "#h", "k.png"]);
});

it("finds links that stand between two pieces of code", () => {
  expect(linksOf("`npm start` [runs](a.md), `npm run load` [asks](b.md), `[n](c)`")).toEqual(["a.md", "b.md"]);
});

it("makes anchors as GitHub does: in lower case, without what is no letter, digit or hyphen, counted where they repeat", () => {
  const page =
    "# The `edge`, and *you*\n## On AWS\n## [Limits](a.md)\n## On AWS\n```sh\n# no heading\n```\n### For how long?";
  expect(anchorsOf(page)).toEqual(["the-edge-and-you", "on-aws", "limits", "on-aws-1", "for-how-long"]);
});
