import type { Customer } from "./customer.ts";

const EVERY_MS = 30;
const STOP_FILE = "/tmp/stop-watching";

export interface Watched {
  readonly asked: number;
  /** What the requests met that got no answer, or one that is not of the shop. */
  readonly failures: readonly string[];
}

/** Asks order's Service for an order that does not exist, each time on a new connection, until something has happened. */
export async function watchUntil(
  { customer, url }: { readonly customer: Customer; readonly url: string },
  happened: Promise<unknown>,
): Promise<Watched> {
  await customer.evaluate(`import { rmSync } from "node:fs"; rmSync("${STOP_FILE}", { force: true });`);
  const watching = customer.evaluate(`
    import { existsSync } from "node:fs";
    import { get } from "node:http";
    const ask = () => new Promise((resolve) => {
      const request = get("${url}/orders/00000000-0000-5000-8000-000000000000", { agent: false, timeout: 15_000 }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode === 404 ? undefined : "status " + answer.statusCode));
      });
      request.once("timeout", () => request.destroy(new Error("no answer")));
      request.once("error", (error) => resolve(error.code ?? error.message));
    });
    const asked = [];
    while (!existsSync("${STOP_FILE}")) {
      asked.push(ask());
      await new Promise((resolve) => setTimeout(resolve, ${EVERY_MS}));
    }
    const failures = (await Promise.all(asked)).filter((failure) => failure !== undefined);
    process.stdout.write(JSON.stringify({ asked: asked.length, failures }));
  `);
  await happened.finally(() =>
    customer.evaluate(`import { writeFileSync } from "node:fs"; writeFileSync("${STOP_FILE}", "");`),
  );
  return JSON.parse(await watching) as Watched;
}
