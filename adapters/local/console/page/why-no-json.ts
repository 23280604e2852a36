/** Of a text that is none: what is wrong with it, and where. */
export function whyNoJson(text: string): string {
  try {
    JSON.parse(text);
    return "must be JSON";
  } catch (error) {
    return `must be JSON: ${(error as Error).message}`;
  }
}
