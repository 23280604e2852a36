import { expect, it } from "vitest";
import { renderGcloud } from "./gcloud.ts";
import { closedMuseum, museum } from "./museum.ts";

const linesOf = (system: typeof museum) =>
  (renderGcloud(system).get("deploy/gcloud/lists.sh") ?? "").split("\n").filter((line) => /^\w/.test(line));

it("another system is lists that the shell goes through", () => {
  expect(linesOf(museum)).toEqual([
    "NAME=museum",
    'TOPICS="ticket-sales loans statistics guards"',
    'SUBSCRIPTIONS="ticket-history:ticket-sales ticket-history:loans guard:guards guard:loans"',
    'PUBLISHES="ticket:ticket-sales loans:loans ticket-history:statistics edge:ticket-sales edge:loans"',
    'FUNCTIONS="ticket loans ticket-history guard"',
    "EDGE=edge",
    'ALERTS="unsaid dead-letters"',
  ]);
});

it("a system without an edge has none, and nothing is published from there", () => {
  expect(linesOf(closedMuseum)).toEqual([
    "NAME=museum",
    'TOPICS="statistics ticket-sales loans guards"',
    'SUBSCRIPTIONS="ticket-history:ticket-sales ticket-history:loans guard:guards guard:loans"',
    'PUBLISHES="ticket-history:statistics"',
    'FUNCTIONS="ticket-history guard"',
    "EDGE=",
    'ALERTS="unsaid dead-letters"',
  ]);
});
