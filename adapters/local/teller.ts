import { toStory } from "./story.ts";

type Line = Readonly<Record<string, unknown>>;

/** Prints what services say as people read it. What each of them says of a setting is said once. */
export function createTeller(
  print: (text: string) => void,
  { isQuiet = false }: { readonly isQuiet?: boolean } = {},
): (line: Line) => void {
  const settings = new Set<unknown>();
  return (line) => {
    if (isQuiet && line.msg === "event" && line.stream === undefined) return;
    if (line.setting !== undefined && settings.has(line.setting)) return;
    if (line.setting !== undefined) settings.add(line.setting);
    const story = toStory(line);
    if (story) print(story);
  };
}
