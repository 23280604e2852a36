// Loaded before a service, whose clock it sets, and which knows nothing of it: a quarter of an hour ahead once the file CLOCK_LATER is
// there, so that timers are due; and, where CLOCK_STARTS names a folder, half a minute further ahead at each start, so that what a process
// has left behind need not be waited for.
import fs from "node:fs";
import { basename, join } from "node:path";

const LATER_MS = 16 * 60_000;
const EACH_START_MS = 30_000;
const { CLOCK_LATER, CLOCK_STARTS, CLOCK_OF } = process.env;
const { now } = Date;
const name = basename(process.argv.at(-1) ?? "", ".mjs");

function startsBefore() {
  if (!CLOCK_STARTS) return 0;
  const file = join(CLOCK_STARTS, `starts-of-${name}`);
  fs.appendFileSync(file, ".");
  return fs.statSync(file).size - 1;
}

if (CLOCK_OF?.split(",").includes(name)) {
  const isLater = () => fs.existsSync(CLOCK_LATER);
  let ahead = startsBefore() * EACH_START_MS + (isLater() ? LATER_MS : 0);
  Date.now = () => now() + ahead;
  if (!isLater()) {
    const watching = setInterval(() => {
      if (!isLater()) return;
      ahead += LATER_MS;
      clearInterval(watching);
    }, 50).unref();
  }
}
