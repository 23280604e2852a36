import { styleText } from "node:util";
import { topicsOf } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";
import { shortType } from "./story.ts";

export const DEFAULT_DATA = ".local";

/** What a command must be told to find it there. */
export const whereIs = (data: string): string => (data === DEFAULT_DATA ? "" : ` --data ${data}`);

interface Shown {
  readonly services: readonly { readonly name: string; readonly url: string }[];
  /** Where everything durable lies. */
  readonly data: string;
  /** Of the console. Left out: there is none. */
  readonly page?: string | undefined;
}

/** What `npm start` shows when a system is open: who listens where, who hears what, and what to try. */
export function toScreen({ name, functions, edges }: System<never>, { services, data, page }: Shown): string {
  const most = Math.max(12, ...services.map((service) => service.name.length));
  const heard = functions.map(({ definition }) => topicsOf(definition).join(", "));
  const width = Math.max(...heard.map(({ length }) => length));
  const rows = functions.map((fn, index) => {
    const url = services[index]?.url ?? "";
    const served = edges.filter(({ of }) => of === fn.source);
    const edge = served.map(({ method, path }) => `${method} ${path}, GET ${path}/{id}`).join(", ") || "private";
    return `  ${styleText("bold", fn.name.padEnd(most))}  ${styleText("cyan", url)}  hears ${heard[index]?.padEnd(width)}  ${styleText("dim", edge)}`;
  });
  const said = functions.flatMap(({ definition }) =>
    [...definition.on.values()].flatMap(({ event }) => (event.topic === undefined ? [] : [event.type])),
  );
  return [
    "",
    `${styleText("green", `The ${name} is open.`)} Ctrl-C stops it. ${styleText("dim", `What happens is kept in ${data}: a restart goes on where it stopped.`)}`,
    "",
    ...rows,
    "",
    ...(page === undefined ? [] : [`  See   ${styleText("cyan", page)}`]),
    ...edges.slice(0, 1).flatMap(({ method, path, of }) => {
      const at = services[functions.findIndex(({ source }) => source === of)]?.url.replace(
        "http://127.0.0.1",
        "localhost",
      );
      return [
        `  Try   ${styleText("bold", `curl -X ${method} ${at}${path}`)}`,
        `  Then  curl ${at}${path}/<id>  or  npm run story -- <id>${whereIs(data)}`,
      ];
    }),
    ...said.slice(0, 1).map((type) => `  Say   npm run say -- ${shortType(type)}${whereIs(data)}`),
    "",
  ].join("\n");
}
