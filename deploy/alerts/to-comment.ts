const MOST_CHARACTERS = 110;

/** Text in lines that fit, each as it stands behind the sign of a comment. */
export const toComment = (text: string): string =>
  Array.from(text.matchAll(new RegExp(`(.{1,${MOST_CHARACTERS}})(?:\\s+|$)`, "g")), ([, line]) => ` ${line}`).join(
    "\n",
  );
