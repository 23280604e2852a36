import { type EventType, type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";

/** Who says what on which topic, and who hears it: a picture in the words of Mermaid, which GitHub draws. */
export function toFlow({ functions, edges, events }: System<never>): string {
  const short = shorten(events.map(({ type }) => type));
  const label = (types: readonly EventType[]) => [...new Set(types.map(({ type }) => short(type)))].join("<br>");
  const topics = new Set(functions.flatMap(({ definition }) => [...topicsSaidBy(definition), ...topicsOf(definition)]));
  const asked = edges.flatMap(({ method, path, of }) =>
    functions.flatMap(({ name, source }) =>
      source === of ? `outside -- "${method} ${path}" --> ${toNode(name)}` : [],
    ),
  );
  const flows = functions.flatMap(({ name, definition: fn }) => [
    ...topicsSaidBy(fn).map(
      (topic) => `${toNode(name)} -- "${label(on(topic, fn.emits.values()))}" --> ${toTopic(topic)}`,
    ),
    ...topicsOf(fn).map((topic) => {
      const heard = Array.from(fn.on.values(), ({ event }) => event);
      return `${toTopic(topic)} -- "${label(on(topic, heard))}" --> ${toNode(name)}`;
    }),
  ]);
  return [
    "flowchart LR",
    ...(asked.length > 0 ? ['outside((" "))'] : []),
    ...functions.map(({ name }) => `${toNode(name)}["${name}"]`),
    ...Array.from(topics, (name) => `${toTopic(name)}[["${name}"]]`),
    ...asked,
    ...flows,
  ].join("\n  ");
}

const topicsSaidBy = ({ emits }: FunctionDefinition): readonly string[] => [
  ...new Set([...emits.values()].flatMap(({ topic }) => topic ?? [])),
];

const on = (topic: string, events: Iterable<EventType>): readonly EventType[] =>
  [...events].filter((event) => event.topic === topic);

/** Ids of their own kind, so that a topic may be called as a function, and either like a word of Mermaid. */
const toNode = (name: string): string => `fn_${toWord(name)}`;
const toTopic = (name: string): string => `topic_${toWord(name)}`;
const toWord = (name: string): string => name.replaceAll("-", "_");

/** Names without the version, and without what all of them begin with. */
function shorten(types: readonly string[]): (type: string) => string {
  const all = types.map((type) => type.replace(/\.v\d+$/, "").split("."));
  const [first = []] = all;
  const most = Math.min(...all.map(({ length }) => length)) - 2;
  const differs = first.findIndex((part, at) => all.some((parts) => parts[at] !== part));
  const common = Math.max(0, Math.min(most, differs === -1 ? most : differs));
  return (type) =>
    type
      .replace(/\.v\d+$/, "")
      .split(".")
      .slice(common)
      .join(".");
}
