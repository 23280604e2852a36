import { hosts } from "./hosts.ts";
import { collect, toMarkdown } from "./results.ts";

/** The table for the page beside: what the suites, which are tests, hold to be so. Nothing is run for it. */
export const conformanceTable = async (): Promise<string> => toMarkdown(await collect(hosts, async () => []), hosts);
