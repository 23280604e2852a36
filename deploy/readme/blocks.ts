import { readFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceTable } from "../../adapters/conformance/readme-table.ts";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { settings } from "../../adapters/dapr/config.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { differences } from "../../adapters/local/differences.ts";
import { toScreen } from "../../adapters/local/screen.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { toProofTable, toVersionTable } from "../e2e/dapr/proof.ts";

type Row = readonly string[];

/** The parts of the README that are made from code, by the name of their marker. */
const blocks: Readonly<Record<string, () => string | Promise<string>>> = {
  consumer: () => fenced(sourceOf("functions/billing/handler.ts", "export const createBilling"), "ts"),
  screen: () => fenced(plain(toScreen(system, { services: SERVICES, data: ".local" }))),
  functions: () => table(["function", "consumes", "emits"], functionRows()),
  differences: () => table(["what", "daprd", "here", "why"], differences.map(toDifferenceRow)),
  conformance: conformanceTable,
  proof: () => toProofTable(),
  versions: () => toVersionTable(),
  environment: () => table(["variable", "default", "meaning"], settings.map(toSettingRow)),
};

const SERVICES = ["order", "billing", "notification", "shipping"].map((name, index) => ({
  name,
  url: `http://127.0.0.1:${8080 + index}`,
}));

/** The page with its blocks as they are now. throws: when a marker is missing. */
export async function renew(page: string): Promise<string> {
  let renewed = page;
  for (const [name, make] of Object.entries(blocks)) {
    const marked = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!marked.test(renewed)) throw new Error(`README.md: has no <!-- ${name} --> … <!-- /${name} -->`);
    const block = await make();
    renewed = renewed.replace(marked, (_, start: string, end: string) => `${start}${block}\n${end}`);
  }
  return renewed;
}

function functionRows(): readonly Row[] {
  return createFunctions(system, createEffects({})).map(({ name, on, emits }) => {
    const toCell = ({ type, topic }: (typeof catalogue)[number]) => {
      const from = emits.has(type) ? "(its own timer)" : "(from the orders edge)";
      return `\`${type}\` ${topic === undefined ? from : `on ${topic}`}`;
    };
    const inOrder = (types: ReadonlyMap<string, unknown>) =>
      catalogue.filter(({ type }) => types.has(type)).map(toCell);
    return [name, inOrder(on).join("<br>"), inOrder(emits).join("<br>") || "nothing"];
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

const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const fenced = (text: string, language = "text"): string => `\`\`\`${language}\n${text.trim()}\n\`\`\``;

/** The rest of a file, from a line on. */
function sourceOf(file: string, start: string): string {
  const text = readFileSync(join(import.meta.dirname, "../..", file), "utf8");
  return text.slice(text.indexOf(start));
}

/** Without the colours of a terminal. */
const plain = (text: string): string => text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g"), "");
