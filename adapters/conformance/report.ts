import { parseArgs } from "node:util";
import { hosts } from "./hosts.ts";
import { collect, toMarkdown, toText } from "./results.ts";

const USAGE = `Runs every case on every host and tells what became of it.
  node adapters/conformance/report.ts [--format text|json|markdown]
`;

const { values } = parseArgs({
  options: { format: { type: "string", default: "text" }, help: { type: "boolean", default: false } },
});
if (values.help || !["text", "json", "markdown"].includes(values.format)) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}
const results = await collect(hosts);
const render = {
  text: () => toText(results),
  json: () => JSON.stringify(results, null, 2),
  markdown: () => toMarkdown(results, hosts),
}[values.format as "text" | "json" | "markdown"];
process.stdout.write(`${render()}\n`);
process.exitCode = results.some(({ status }) => status === "failed") ? 1 : 0;
