import { expect, it } from "vitest";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { defineSystem } from "../../../functions/kernel/system.ts";
import { withheldTypes } from "./filter.ts";

const said = (type: string, topic = "loans") => defineEvent({ type, topic, data: {} as never, subject: () => "" });
const systemOf = (...events: readonly ReturnType<typeof said>[]) =>
  defineSystem({
    name: "museum",
    functions: [defineFunction({ name: "loans", on: events.map((event) => when(event, () => ({}))) })],
  });
const GRANTED = "org.museum.loan-granted.v1";

it("withholds what is known on the topic and not consumed: neither what is said elsewhere, nor what no attribute holds", () => {
  const system = systemOf(
    said(GRANTED),
    said("org.museum.loan-refused.v1"),
    said("org.museum.sold.v1", "tickets"),
    said("a name"),
  );
  expect(withheldTypes(system, { topic: "loans", types: [GRANTED] })).toEqual(["org.museum.loan-refused.v1"]);
});

it("withholds fewer than there are where SNS takes no more: they come, and are ignored", () => {
  const many = Array.from({ length: 151 }, (_, n) => said(`org.museum.said-${n}.v1`));
  expect(withheldTypes(systemOf(...many), { topic: "loans", types: [] })).toHaveLength(100);
});
