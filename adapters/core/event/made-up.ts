import { essenceOf } from "./media-type.ts";

/** What clients and carriers say of a body of which they know nothing. */
const MADE_UP: ReadonlySet<string> = new Set(["application/octet-stream", "application/x-www-form-urlencoded"]);

/** Whether a content type may be nobody's word. It says nothing against a structured event: then the body decides. */
export const isMadeUp = (contentType: string): boolean => MADE_UP.has(essenceOf(contentType));
