import { InputError } from "./resource.ts";
import type { Finding, Rule } from "./rule.ts";

/** Something a rule can be broken at. */
export interface Place {
  readonly id: string;
  /** Ids of the rules that it is excepted from. */
  readonly excepted?: ReadonlySet<string> | undefined;
  /** Where it stands, or what is under the path in it. */
  lineOf(...path: readonly string[]): number | undefined;
}

export interface Found {
  readonly at: Place;
  readonly path?: readonly string[];
  readonly what: string;
}

export function toFinding(rule: Rule, file: string, { at, path = [], what }: Found): Finding {
  const line = at.lineOf(...path);
  return { rule, file, ...(line === undefined ? {} : { line }), what };
}

/** throws: InputError, of which file it is said, where that cannot be read */
export function within<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${file}${error.line === undefined ? "" : `:${error.line}`}: ${error.message}`);
  }
}
