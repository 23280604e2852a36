import { parseWords, reportUsage, UsageError } from "../../adapters/local/command-line.ts";
import { init } from "./init.ts";

const HELP = `loosely init FOLDER

Makes a system in a new folder: one event, one function, one edge, an effect, tests, and a README. Then:

  cd FOLDER && npm install && npm start

`;

const COMMAND = "loosely init";

try {
  const { values, words } = parseWords({ command: COMMAND, options: { help: { type: "boolean", default: false } } });
  const [folder, more] = words;
  if (values.help) process.stdout.write(HELP);
  else if (folder === undefined) throw new UsageError("FOLDER: must be given");
  else if (more !== undefined) throw new UsageError(`${more}: must be one folder`);
  else {
    const written = init(folder);
    process.stdout.write(
      `${written.map((path) => `  ${path}`).join("\n")}\n\ncd ${folder} && npm install && npm start\n`,
    );
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  reportUsage(error, COMMAND);
}
