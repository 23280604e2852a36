import { expect, it } from "vitest";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { closedMuseum, museum } from "../generate/museum.ts";
import { functionRows } from "./blocks.ts";
import { toFlow } from "./flow.ts";

it("draws every edge, function and topic of another system, and what goes between them", () => {
  expect(toFlow(museum).split("\n  ")).toEqual([
    "flowchart LR",
    'outside((" "))',
    'fn_ticket["ticket"]',
    'fn_loans["loans"]',
    'fn_ticket_history["ticket-history"]',
    'fn_guard["guard"]',
    'topic_ticket_sales[["ticket-sales"]]',
    'topic_loans[["loans"]]',
    'topic_statistics[["statistics"]]',
    'topic_guards[["guards"]]',
    'outside -- "POST /tickets" --> fn_ticket',
    'outside -- "PUT /loan-requests" --> fn_loans',
    'fn_ticket -- "org.museum.ticket-sold" --> topic_ticket_sales',
    'fn_loans -- "org.museum.loan-granted" --> topic_loans',
    'fn_ticket_history -- "org.museum.visit-counted" --> topic_statistics',
    'topic_ticket_sales -- "org.museum.ticket-sold" --> fn_ticket_history',
    'topic_loans -- "org.museum.loan-granted" --> fn_ticket_history',
    'topic_guards -- "net.guards.alarm" --> fn_guard',
    'topic_loans -- "org.museum.loan-granted" --> fn_guard',
  ]);
});

it("draws nobody outside where there is no edge", () => {
  expect(toFlow(closedMuseum)).not.toContain("outside");
});

it("leaves out what all names begin with, and never all of a name", () => {
  const Said = defineEvent({
    ...{ type: "org.museum.door.opened.v1", topic: "doors", data: {} as never },
    subject: () => "",
  });
  const door = defineFunction({ name: "door", on: [when(Said, () => ({}))] });
  expect(toFlow(defineSystem({ name: "museum", functions: [door] }))).toContain('topic_doors -- "door.opened" -->');
});

it("says of each function what it hears, from where, and what it says", () => {
  expect(functionRows(museum)).toEqual([
    [...["ticket", "`org.museum.ticket-asked.v1` (from POST /tickets)"], "`org.museum.ticket-sold.v2` on ticket-sales"],
    ["loans", "`org.museum.loan-asked.v1` (from PUT /loan-requests)", "`org.museum.loan-granted.v1` on loans"],
    [
      "ticket-history",
      [
        "`org.museum.ticket-sold.v2` on ticket-sales",
        "`org.museum.ticket-sold.v1` on ticket-sales",
        "`org.museum.loan-granted.v1` on loans",
      ].join("<br>"),
      "`org.museum.visit-counted.v1` on statistics",
    ],
    ["guard", "`net.guards.alarm.v1` on guards<br>`org.museum.loan-granted.v1` on loans", "nothing"],
  ]);
});
