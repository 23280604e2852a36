import { describe, expect, it } from "vitest";
import type { LetterView } from "../../api-types.ts";
import { toGroups, toOutcomes } from "./groups.ts";

const letterOf = (digest: string, reason: string, more: Partial<LetterView> = {}): LetterView => ({
  ...{ digest, reason, code: "schema", function: "depot", topic: "parcels" },
  ...{ eventId: `e-${digest}`, type: "com.example.parcel.sent.v1", bytes: 10 },
  ...more,
});
const shown = (groups: ReturnType<typeof toGroups>) =>
  groups.map(({ count, letters }) => [count, letters.map(({ digest }) => digest)]);

describe("letters", () => {
  it("are below the group of their kind, whose reason says … where theirs differ", () => {
    const letters = [
      letterOf("a", 'parcel "1": must be heavier than 3'),
      letterOf("b", 'parcel "2": must be heavier than 40'),
    ];
    const group = {
      function: "depot",
      topic: "parcels",
      code: "schema",
      reason: "parcel …: must be heavier than …",
      count: 700,
    };
    expect(shown(toGroups({ groups: [group], letters }))).toEqual([[700, ["a", "b"]]]);
  });

  it.each([
    ["another function", { function: "printer" }],
    ["no function that anybody knows", { function: undefined }],
    ["another topic", { topic: "labels" }],
    ["another code", { code: "conflict" }],
  ])("of %s are another group", (_, more) => {
    const letters = [letterOf("a", "broken"), letterOf("b", "broken", more as Partial<LetterView>)];
    expect(shown(toGroups({ groups: [], letters }))).toEqual([
      [1, ["a"]],
      [1, ["b"]],
    ]);
  });

  it("that came after the groups were counted are there as well", () => {
    const group = { function: "depot", topic: "parcels", code: "schema", reason: "broken", count: 1 };
    const letters = [letterOf("new", "cut short"), letterOf("a", "broken")];
    expect(shown(toGroups({ groups: [group], letters }))).toEqual([
      [1, ["a"]],
      [1, ["new"]],
    ]);
  });

  it("that were acted on are told in a line", () => {
    const results = ["replayed", "stays", "replayed"].map((outcome, at) => ({ digest: `${at}`, outcome }));
    expect(toOutcomes({ results, command: "" })).toBe("2 replayed, 1 stays");
  });
});
