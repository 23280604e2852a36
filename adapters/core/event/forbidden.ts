const CATEGORIES = ["Cc", "Cs", "Noncharacter_Code_Point"];

let pattern: RegExp | undefined;

/**
 * What no attribute may hold: control characters, lone surrogates, noncharacters. A literal would cost each start of a
 * function most of a millisecond, for where it is parsed the tables of Unicode are read.
 *
 * out     global: for replacing and searching, not for testing
 * source  CloudEvents 1.0.2, "Type System", String
 */
export function forbidden(): RegExp {
  pattern ??= new RegExp(`[${CATEGORIES.map((name) => `\\p{${name}}`).join("")}]`, "gu");
  return pattern;
}
