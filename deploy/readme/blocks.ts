import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceTable } from "../../adapters/conformance/readme-table.ts";
import { settings } from "../../adapters/dapr/config.ts";
import { differences } from "../../adapters/local/differences.ts";
import { toScreen } from "../../adapters/local/screen.ts";
import { system } from "../../functions/index.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";
import { toFlowTables } from "../bench/flow-table.ts";
import type { Rule } from "../doctor/rule.ts";
import { rules } from "../doctor/rules.ts";
import { toProofTable, toVersionTable } from "../e2e/dapr/proof-tables.ts";
import type { Files } from "../generate/rendered.ts";
import { toFlow } from "./flow.ts";

type Row = readonly string[];

/** The parts of pages that are made from code, by the name of their marker. out: undefined for a part that stays as it is */
const blocks: Readonly<Record<string, () => string | undefined | Promise<string>>> = {
  consumer: () => shown("functions/billing/handler.ts", { from: "export const createBilling" }),
  screen: () => fenced(plain(toScreen(system, { services: SERVICES, data: ".local", page: PAGE }))),
  flow: () => fenced(toFlow(system), "mermaid"),
  edge: () => shown("functions/order/edge.ts", { from: "export const", to: "function stepsOf" }),
  "flow-test": () => shown("adapters/core/flow.test.ts", { from: '  it("ships what', to: '  it("cancels' }),
  "own-host": () => shown("deploy/readme/own-host.ts")?.replaceAll("../../adapters/core/", "../core/"),
  functions: () => table(["function", "consumes", "emits"], functionRows(system)),
  differences: () => table(["what", "daprd", "here", "why"], differences.map(toDifferenceRow)),
  conformance: conformanceTable,
  proof: () => toProofTable(),
  versions: () => toVersionTable(),
  speed: () => toFlowTables(),
  rules: () => table(["rule", "what it does to events", "why", "what mends it", "source"], rules.map(toRuleRow)),
  environment: () => table(["variable", "default", "meaning"], settings.map(toSettingRow)),
};

/** Its path is another one on each machine. */
const PAGE = "http://127.0.0.1:8090/…/";
const SERVICES = system.functions.map(({ name }, index) => ({
  name,
  url: `http://127.0.0.1:${8080 + index}`,
}));

/** The pages with their blocks as they are now. throws: Error for a marker that is in no page, or in two */
export async function renew(pages: Files): Promise<Files> {
  const renewed = new Map(pages);
  for (const [name, make] of Object.entries(blocks)) {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`, "g");
    const found = [...pages].flatMap(([path, text]) => Array.from(text.matchAll(marked), () => path));
    const [path] = found;
    if (path === undefined || found.length > 1)
      throw new Error(
        `<!-- ${name} --> … <!-- /${name} -->: must be in one page, is in ${found.join(" and ") || "none"}`,
      );
    const block = await make();
    if (block === undefined) continue;
    const text = renewed.get(path) ?? "";
    renewed.set(
      path,
      text.replace(marked, (_, start: string, end: string) => `${start}${block}\n${end}`),
    );
  }
  return renewed;
}

export function functionRows({ functions, edges }: System<never>): readonly Row[] {
  return functions.map(({ name, definition: { on, emits }, source }) => {
    const asked = edges.flatMap(({ of, method, path }) => (of === source ? `${method} ${path}` : []));
    const from = ({ type }: EventType) =>
      emits.has(type) ? "its own timer" : asked.map((edge) => `from ${edge}`).join(", ");
    const toCell = (event: EventType) =>
      `\`${event.type}\` ${event.topic === undefined ? `(${from(event) || "from nobody"})` : `on ${event.topic}`}`;
    const heard = [...on.values()].map(({ event }) => toCell(event));
    return [name, heard.join("<br>"), [...emits.values()].map(toCell).join("<br>") || "nothing"];
  });
}

const toDifferenceRow = ({ name, daprd, daprd114, local, why }: (typeof differences)[number]): Row => [
  name,
  daprd114 === undefined ? daprd : `${daprd}; 1.14: ${daprd114}`,
  local,
  why,
];

const toSettingRow = ({ variable, default: value, meaning }: (typeof settings)[number]): Row => [
  `\`${variable}\``,
  value === undefined ? "" : `\`${value}\``,
  meaning,
];

const toRuleRow = ({ id, effect, why, fix, source }: Rule): Row =>
  [`\`${id}\``, effect, why, fix, source].map((text) => text.replaceAll(/[<>]/g, "\\$&"));

const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const fenced = (text: string, language = "text"): string => `\`\`\`${language}\n${text.trim()}\n\`\`\``;

interface Part {
  readonly from?: string;
  /** Where it ends, and what it does not hold. Left out: the end of the file. */
  readonly to?: string;
}

/** Code, or a part of it, moved to the left as far as it goes. out: undefined for a file of a system that another has replaced */
function shown(file: string, { from = "", to }: Part = {}): string | undefined {
  const path = join(import.meta.dirname, "../..", file);
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8");
  const start = text.indexOf(from);
  const part = text.slice(start, to === undefined ? undefined : text.indexOf(to, start)).trimEnd();
  const [indent = ""] = /^ */.exec(part) ?? [];
  return fenced(part.replaceAll(new RegExp(`^${indent}`, "gm"), ""), "ts");
}

/** Without the colours of a terminal. */
const plain = (text: string): string => text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g"), "");
