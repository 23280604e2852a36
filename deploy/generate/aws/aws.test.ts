import { describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { defineSystem, type System } from "../../../functions/kernel/system.ts";
import { closedMuseum, museum } from "../museum.ts";
import { renderPlan } from "./aws.ts";
import { toPlan } from "./plan.ts";
import { checkSettings, parseSettings, readSettings, type Settings } from "./settings.ts";

const rendered = (system: System<never>, settings: Settings = {}) =>
  Object.fromEntries(renderPlan(toPlan(system, settings)));
const idsOf = (template = "") => Array.from(template.matchAll(/^ {2}(\w+):$/gm), ([, id]) => id);

describe("another system", () => {
  const { "template.yaml": template = "", "lists.sh": lists = "" } = rendered(museum);

  it("is resources of its own names: queues where topics are heard, alarms where a filter may drop", () => {
    const ofKind = (end: RegExp) => idsOf(template).filter((id = "") => end.test(id));
    expect(ofKind(/Topic$/)).toEqual([
      ...["TicketSalesTopic", "LoansTopic", "StatisticsTopic", "GuardsTopic", "DeadLettersTopic"],
    ]);
    expect(ofKind(/Queue$/)).toEqual(["TicketHistoryQueue", "GuardQueue"]);
    expect(ofKind(/.Function$/)).toEqual([
      ...["TicketFunction", "LoansFunction", "TicketHistoryFunction", "GuardFunction", "EdgeFunction"],
    ]);
    expect(ofKind(/IsLate$/)).toEqual(["TicketHistoryIsLate", "GuardIsLate"]);
    expect(ofKind(/AreIllegible$/)).toEqual(["TicketSalesAreIllegible", "LoansAreIllegible", "GuardsAreIllegible"]);
    expect(ofKind(/Url$/)).toEqual(["EdgeUrl", "TicketsUrl", "LoanRequestsUrl", "DeadLettersUrl"]);
  });

  it("says where each edge is asked, and with what", () => {
    const served = "POST /tickets and GET /tickets/{id}, PUT /loan-requests and GET /loan-requests/{id}";
    expect(template).toContain(`# The public edge: ${served}, nothing else.`);
    expect(template).toContain(`curl -X PUT <LoanRequestsUrl>\n    Value: !Sub \${EdgeUrl.FunctionUrl}loan-requests\n`);
  });

  it("is lists that the shell goes through", () => {
    expect(lists.split("\n").filter((line) => !/^[#{]/.test(line))).toEqual([
      "",
      "SYSTEM=museum",
      'TOPICS="ticket-sales loans statistics guards"',
      'HEARD="ticket-sales loans guards"',
      'QUEUES="ticket-history guard"',
      'CONSUMERS="ticket loans ticket-history guard"',
      'SUBSCRIPTIONS="',
      "ticket-sales ticket-history org.museum.ticket-sold.v2 org.museum.ticket-sold.v1",
      "loans ticket-history org.museum.loan-granted.v1",
      "guards guard net.guards.alarm.v1",
      "loans guard org.museum.loan-granted.v1",
      '"',
      'FILTERS="',
      "ticket-sales ticket-history none",
      "loans ticket-history none",
      "guards guard none",
      "loans guard none",
      '"',
      'FUNCTIONS="',
      "ticket m.ticket-????????-????-????-????-????????????* ticket-sales dead-letters",
      "loans m.loans-* loans dead-letters",
      "ticket-history m.ticket-history-* statistics dead-letters",
      "guard m.guard-* dead-letters",
      "edge m.ticket-????????-????-????-????-????????????*,m.loans-* ticket-sales loans",
      '"',
      'EDGES="',
      "POST /tickets",
      "PUT /loan-requests",
      '"',
      "MEMORY=256 TIMEOUT=30",
      'SETTINGS=""',
      'VARIABLES=""',
      "ALARMS='",
      "'",
      "",
    ]);
  });

  it("tells CloudWatch of each alarm in a line of JSON, which the shell leaves as it is", () => {
    const alarms = lists.split("\n").filter((line) => line.startsWith("{"));
    expect(alarms.map((line) => JSON.parse(line).AlarmName.replace("@PREFIX@", ""))).toEqual([
      ...["ticket", "loans", "ticket-history", "guard"].map((name) => `${name}-is-unsaid`),
      "dead-letters-wait",
      ...["ticket-history", "guard"].map((name) => `${name}-is-late`),
      ...["ticket-sales", "loans", "guards"].map((name) => `${name}-are-illegible`),
    ]);
    expect(alarms.join("")).not.toContain("'");
  });

  it("names nothing of the system that ships", () => {
    expect(template + lists).not.toMatch(/\b(shop|orders?|billing|bills?|notification|shipping|shipments?)\b/i);
  });
});

it("a system without an edge has no function for one, no URL, and nothing to set about it", () => {
  const { "template.yaml": template = "", "lists.sh": lists = "" } = rendered(closedMuseum);
  expect(template).not.toMatch(/\bedge|UrlAuthType|IsPublic|EdgeSecret/i);
  expect(lists).toContain('EDGES=""\n');
  expect(lists).not.toContain("\nedge ");
});

it("names that CloudFormation cannot tell apart are refused, not merged", () => {
  const Said = defineEvent({ ...{ type: "org.museum.said.v1", topic: "said" }, data: {} as never, subject: () => "" });
  const functions = ["room-1", "room1"].map((name) => defineFunction({ name, on: [when(Said, () => ({}))] }));
  expect(() => rendered(defineSystem({ name: "museum", functions }))).toThrow(
    "room1: must differ from room-1 in more than a hyphen",
  );
});

describe("settings.yaml", () => {
  it("names functions that there are", () => {
    checkSettings(readSettings(), system);
  });

  it("changes a function and no other", () => {
    const settings = parseSettings("loans: { memory: 512, timeout: 60 }\nguard: { timeout: 40, concurrency: 4 }");
    const { "template.yaml": template = "", "lists.sh": lists = "" } = rendered(museum, settings);
    const { "template.yaml": before = "" } = rendered(museum);
    const was = before.split("\n");
    expect(template.split("\n").filter((line) => !was.includes(line))).toEqual([
      "      MemorySize: 512",
      "      Timeout: 60",
      "      VisibilityTimeout: 240",
      "      Timeout: 40",
      "              MaximumConcurrency: 4",
    ]);
    expect(lists).toContain('SETTINGS="\nloans 512 60 -\nguard - 40 4\n"\n');
  });

  it.each([
    ["loans: { memory: 64 }", "deploy/aws/settings.yaml: loans.memory: "],
    ["loans: { timeout: 10 }", "deploy/aws/settings.yaml: loans.timeout: "],
    [
      "loans: { environment: [bank] }",
      "deploy/aws/settings.yaml: loans.environment.0: must be a name such as SMTP_URL",
    ],
    ["loans: { environment: [EDGE_SECRET] }", "loans.environment.0: is what the deployment says itself"],
    ["loans: { environment: [LETTER_SECRET] }", "loans.environment.0: is what the deployment says itself"],
    ["loans: { memroy: 512 }", "deploy/aws/settings.yaml: loans.memroy: "],
    ["loans", "deploy/aws/settings.yaml: "],
  ])("%s is refused in one line", (text, message) => {
    expect(() => parseSettings(text)).toThrow(message);
  });

  it("names what effects are told, and holds no value of it: a parameter does, that no console shows", () => {
    const settings = parseSettings("loans: { environment: [BANK_URL] }\nguard: { environment: [BANK_URL, RADIO] }");
    const { "template.yaml": template = "", "lists.sh": lists = "" } = rendered(museum, settings);
    const told = template.match(/^ {10}(BANK_URL|RADIO): .*/gm)?.map((line) => line.trim());
    expect(told).toEqual(["BANK_URL: !Ref BankUrl", "BANK_URL: !Ref BankUrl", "RADIO: !Ref Radio"]);
    expect(template).toContain(
      "  BankUrl:\n    Type: String\n    NoEcho: true\n    Description: BANK_URL of loans, guard.\n",
    );
    expect(lists).toContain('VARIABLES="\nloans BANK_URL\nguard BANK_URL\nguard RADIO\n"\n');
  });

  it("a parameter that there is already is no place for a value", () => {
    const settings = parseSettings("loans: { environment: [URL_AUTH_TYPE] }");
    expect(() => rendered(museum, settings)).toThrow("two things would be called UrlAuthType");
  });

  it("of a function that there is not are refused: it was renamed, or removed", () => {
    expect(() => checkSettings({ edge: { memory: 512 } }, closedMuseum)).toThrow(
      "deploy/aws/settings.yaml: edge: must be one of ticket-history, guard",
    );
  });
});
