/** A page without its code, in which nothing is a link or a heading. */
const prose = (page: string): string =>
  page.replace(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, (span) => (span.includes("](") ? "" : span));

/** Where a page leads within the project. out: paths as they are written, with their anchors */
export const linksOf = (page: string): readonly string[] =>
  [...prose(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = ""]) => link);

/**
 * The anchors that GitHub gives to the headings of a page: of several alike, the later ones are counted.
 *
 * source  github.com/gjtorikian/html-pipeline, TableOfContentsFilter
 */
export function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...prose(page).matchAll(/^#{1,6} +(.*?) *$/gm)].map(([, heading = ""]) => {
    const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = text.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}
