import * as v from "valibot";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "../../functions/kernel/define.ts";
import { defineEdge } from "../../functions/kernel/edge.ts";
import { defineSystem, type System } from "../../functions/kernel/system.ts";

const data = v.object({ loanId: v.string() });
const subject = ({ loanId }: v.InferOutput<typeof data>) => loanId;
export const testEvent = (name: string, topic?: string) =>
  defineEvent({ type: `org.library.${name}.v1`, data, subject, ...(topic === undefined ? {} : { topic }) });

const asked = testEvent("loan-asked");
const lent = testEvent("loan-lent", "loans");
const back = testEvent("loan-back", "returns");
const fined = testEvent("fine-due", "fines");

const desk = defineFunction({ name: "desk", on: [when(asked, () => ({})), when(fined, () => ({}))], emits: [lent] });
/** Whose name is no string to whoever reads YAML 1.1. */
const returns = defineFunction({ name: "on", on: [when(asked, () => ({})), when(lent, () => ({}))], emits: [back] });
const reminders = defineFunction({
  name: "late-fees",
  on: [when(lent, () => ({})), when(back, () => ({}))],
  emits: [fined],
});

const toEdge = (name: string, of: FunctionDefinition) =>
  defineEdge({
    ...{ name, path: `/${name}s`, of, body: data },
    event: (loanId) => asked({ loanId }),
    show: () => ({}),
  });

interface Parts {
  readonly edges?: "none";
}

/** Another system than the one that ships: three functions, two of them with an edge, and topics that several hear. */
export const testSystem = ({ edges }: Parts = {}): System<never> =>
  defineSystem({
    name: "library",
    functions: [desk, returns, reminders],
    edges: edges === "none" ? [] : [toEdge("loan", desk), toEdge("hold", desk), toEdge("return", returns)],
  });
