// Prints each test that failed in a vitest run, with the first lines of why: node .ci/failures.mjs REPORT.json
import { readFileSync } from "node:fs";

const MOST_CHARACTERS = 600;
const { testResults } = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { name, status, message, assertionResults } of testResults) {
  const file = name.replace(`${process.cwd()}/`, "");
  const failed = assertionResults.filter((each) => each.status === "failed");
  for (const { fullName, failureMessages } of failed)
    console.log(`${file}: ${fullName}: ${inOneLine(failureMessages.join(" "))}`);
  // A file that could not be loaded, or whose hooks failed, has no test to blame.
  if (failed.length === 0 && status === "failed")
    console.log(`${file}: ${inOneLine(message || "failed outside of its tests, see above")}`);
}

function inOneLine(text) {
  return text.replaceAll(/\s+/g, " ").slice(0, MOST_CHARACTERS);
}
