const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const PARAMETER = `${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;(?:[ \\t]*${PARAMETER})?)*[ \\t]*$`);
const CHARSET = /;[ \t]*charset="?([^";\s]*)/i;

/** Whether it is a media type with parameters (empty ones allowed, as in HTTP). source: RFC 2045, section 5.1; RFC 9110, 5.6.6 */
export const isMediaType = (text: string): boolean => MEDIA_TYPE.test(text);

/** Type and subtype in lower case, without parameters. */
export function essenceOf(mediaType: string): string {
  const end = mediaType.indexOf(";");
  return (end < 0 ? mediaType : mediaType.slice(0, end)).trim().toLowerCase();
}

/** source: CloudEvents JSON format 1.0.2, section 3.1.1 */
export const isJson = (essence: string): boolean => essence.endsWith("/json") || essence.endsWith("+json");

/** source: RFC 2046, section 4.1; RFC 7303, section 4.2 */
export const isText = (essence: string): boolean =>
  essence.startsWith("text/") || essence === "application/xml" || essence.endsWith("+xml");

/** Whether two media types say the same, whatever their case, blanks and quotes; UTF-8 is what no charset means, too. */
export const isSameMediaType = (one: string, other: string): boolean => one === other || normal(one) === normal(other);

const normal = (mediaType: string): string =>
  mediaType
    .toLowerCase()
    .replace(/[\s"]/g, "")
    .split(";")
    .filter((part) => part !== "" && !/^charset=utf-?8$/.test(part))
    .join(";");

/** Whether its characters are UTF-8: no charset, UTF-8 itself, or its subset US-ASCII. */
export const isUtf8 = (mediaType: string): boolean => /^(utf-?8|(us-)?ascii)$/.test(charsetOf(mediaType) ?? "utf-8");

/** In lower case. */
export const charsetOf = (mediaType: string): string | undefined => CHARSET.exec(mediaType)?.[1]?.toLowerCase();
