import { join, relative } from "node:path";
import { parseWords, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { buildPackage } from "./build.ts";
import { ENTRIES, PEERS } from "./manifest.ts";

const HELP = `npm run package

Makes an npm package of what functions, events and hosts are made of, compiled, with types: dist/package, and beside it the tarball that
\`npm install FILE\` takes. Says how large it is, and what each entry asks its user to install.

`;

const COMMAND = "npm run package";
const KB = 1_024;

try {
  const { values, words } = parseWords({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  if (values.help) process.stdout.write(HELP);
  else if (words.length > 0) throw new UsageError(`${words[0]}: takes no words`);
  else {
    const { tarball, files, packed, unpacked } = await buildPackage(join(import.meta.dirname, "../../dist/package"));
    const lines = Object.entries(PEERS).map(
      ([entry, peers]) => `  loosely${entry.slice(1).padEnd(9)} ${peers.join(" ")}`,
    );
    process.stdout.write(`${Object.keys(ENTRIES).length} entries, and what each asks for:
${lines.map((line) => line.trimEnd()).join("\n")}
${files.length} files, ${Math.round(packed / KB)} KB packed, ${Math.round(unpacked / KB)} KB unpacked
npm install ${relative(process.cwd(), tarball)}
`);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}
