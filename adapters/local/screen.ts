import pc from "picocolors";
import { createFunctions } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import { createDummyEffects } from "../core/host/effects.ts";

interface Service {
  readonly name: string;
  readonly url: string;
}

/** What `npm start` shows when the shop is open: who listens where, who hears what, and what to try. */
export function toScreen(services: readonly Service[], data: string): string {
  const functions = createFunctions(createDummyEffects());
  const rows = services.map(({ name, url }) => {
    const fn = functions.find((each) => each.name === name);
    const topics = fn ? topicsOf(fn).join(", ") : "";
    const edge = name === "order" ? "POST /orders, GET /orders/{id}" : "private";
    return `  ${pc.bold(name.padEnd(12))}  ${pc.cyan(url)}  hears ${topics.padEnd(16)}  ${pc.dim(edge)}`;
  });
  const order = services[0]?.url.replace("http://127.0.0.1", "localhost");
  return [
    "",
    `${pc.green("The shop is open.")} ${pc.dim(`What happens is kept in ${data}: a restart goes on where it stopped.`)}`,
    "",
    ...rows,
    "",
    `  Try   ${pc.bold(`curl -X POST ${order}/orders`)}`,
    `  Then  curl ${order}/orders/<id>`,
    "  Stop  Ctrl-C",
    "",
  ].join("\n");
}
