import type { Story, SystemView } from "../../api-types.ts";
import { withoutPersonal } from "./personal.ts";
import { toPicture } from "./picture.ts";
import type { Waterfall } from "./waterfall.ts";

/** For a bug report: all that happened, and what of events and documents is about nobody. */
export function toSaved(story: Story, system: SystemView | undefined) {
  const bodies = story.happenings.flatMap((happening) => {
    const body = story.bodies[happening.id];
    return body ? [[happening.id, withoutPersonal(body, happening, system)] as const] : [];
  });
  return { ...story, ...(system && { system: system.name }), bodies: Object.fromEntries(bodies) };
}

export function saveJson(story: Story, system: SystemView | undefined): void {
  const text = `${JSON.stringify(toSaved(story, system), null, 2)}\n`;
  save(new Blob([text], { type: "application/json" }), `${toName(story.asked)}.json`);
}

/** Of a screen that shows twice as many dots. */
const SHARP = 2;

/** throws: Error where the browser has no room for it */
export async function savePicture(waterfall: Waterfall, asked: string): Promise<void> {
  const { svg, width, height } = toPicture(waterfall, `Story of ${asked}`);
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image(width, height);
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: width * SHARP, height: height * SHARP });
    canvas.getContext("2d")?.drawImage(image, 0, 0, width * SHARP, height * SHARP);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!png) throw new Error("the picture is too large for this browser");
    save(png, `${toName(asked)}.png`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** A file's name, whatever an id is. */
const toName = (asked: string): string => `story-${asked.replace(/[^\w.-]+/g, "-").slice(0, 60)}`;

/** Longer than any browser takes to begin. */
const KEPT_MS = 60_000;

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
