import { styleText } from "node:util";
import type { Asked } from "./asked.ts";
import { createGroups } from "./group.ts";
import { ago, grouped, letters as lettersOf, noLetters, oneLine } from "./legible.ts";
import type { Driver, Filter, Group, Letter } from "./letter.ts";
import type { Terminal } from "./terminal.ts";

const ID_LENGTH = 12;
export const idOf = ({ digest }: { readonly digest: string }): string => digest.slice(0, ID_LENGTH);

/** Shows what there is, and leaves it there. out: the exit code */
export async function list(
  driver: Driver,
  { filter, isAll, isJson, isChecked }: Asked,
  terminal: Terminal,
): Promise<number> {
  const count = await (isAll ? listAll : listGroups)(driver, { filter, isJson, terminal });
  const note = driver.note?.();
  if (note !== undefined && count > 0) terminal.say(styleText("yellow", note));
  const unseen = driver.unseen?.();
  if (unseen !== undefined) terminal.say(styleText("yellow", unseen));
  return isChecked && (count > 0 || unseen !== undefined) ? 1 : 0;
}

interface ListOptions {
  readonly filter: Filter;
  readonly isJson: boolean;
  readonly terminal: Terminal;
}

async function listAll(driver: Driver, { filter, isJson, terminal }: ListOptions): Promise<number> {
  let count = 0;
  if (isJson) terminal.print("[");
  let before = "";
  for await (const { letter } of driver.letters(filter)) {
    if (isJson) {
      if (before) terminal.print(`${before},`);
      before = `  ${JSON.stringify(letter)}`;
    } else terminal.print(toLine(letter, terminal.now()));
    count++;
  }
  if (isJson) terminal.print(before ? `${before}\n]` : "]");
  else terminal.print(count === 0 ? noLetters(filter) : lettersOf(count));
  return count;
}

export function toLine(letter: Letter, now: number): string {
  const { eventId, type, topic, code, reason, time } = letter;
  const died = [letter.function, topic && `on ${topic}`].filter(Boolean).join(" ") || "nobody knows where";
  const when = ago(time, now);
  return `${styleText("bold", idOf(letter))}  ${oneLine(type)} ${oneLine(eventId)} at ${oneLine(died)}${when && styleText("dim", `, ${when}`)}: ${oneLine(`${code}: ${reason}`)}`;
}

async function listGroups(driver: Driver, { filter, isJson, terminal }: ListOptions): Promise<number> {
  const groups = await groupsOf(driver, filter);
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  if (isJson) {
    terminal.print(JSON.stringify(groups, null, 2));
    return total;
  }
  for (const group of groups) terminal.print(toEntry(group, terminal.now()));
  if (total === 0) terminal.print(noLetters(filter));
  else {
    const many = groups.length === 1 ? "of one kind" : `of ${groups.length} kinds`;
    terminal.print(`${lettersOf(total)} ${many}; npm run dead -- show ${idOf(groups[0] as Group)} shows one`);
  }
  return total;
}

async function groupsOf(driver: Driver, filter: Filter): Promise<readonly Group[]> {
  const groups = createGroups();
  const counted = await driver.groups?.(filter);
  if (counted) for (const group of counted) groups.add(group);
  else
    for await (const { letter } of driver.letters(filter)) {
      const { time, ...rest } = letter;
      groups.add({ ...rest, count: 1, ...(time === undefined ? {} : { first: time, last: time }) });
    }
  return groups.all();
}

function toEntry(group: Group, now: number): string {
  const { code, reason, count, topic, first, last } = group;
  const died = `${group.function ?? "nobody knows where"}${topic === undefined ? "" : ` on ${topic}`}`;
  const [from, to] = [ago(first, now), ago(last, now)];
  const when = from === to ? from : `${from} to ${to}`;
  return [
    `${styleText("bold", grouped(count).padStart(7))}  ${styleText("red", oneLine(code))} at ${oneLine(died)}${when && styleText("dim", `, ${when}`)}`,
    `         ${oneLine(reason)} ${styleText("dim", `(${idOf(group)})`)}`,
  ].join("\n");
}
