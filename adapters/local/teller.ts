import { toStory } from "./story.ts";

type Line = Readonly<Record<string, unknown>>;

interface TellerOptions {
  /** Tells of no event. */
  readonly isQuiet?: boolean;
  /** Tells of no event where it is not consumed. */
  readonly hidesIgnored?: boolean;
}

/** Prints what services say as people read it. What each of them says of a setting is said once. */
export function createTeller(
  print: (text: string) => void,
  { isQuiet = false, hidesIgnored = false }: TellerOptions = {},
): (line: Line) => void {
  const settings = new Set<unknown>();
  return (line) => {
    if (hidesIgnored && line.msg === "event" && line.how === "ignored") return;
    if (isQuiet && line.msg === "event" && line.stream === undefined) return;
    if (line.setting !== undefined && settings.has(line.setting)) return;
    if (line.setting !== undefined) settings.add(line.setting);
    const story = toStory(line);
    if (story) print(story);
  };
}
