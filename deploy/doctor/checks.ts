import { system } from "../../functions/index.ts";
import { createAwsCheck } from "./aws/check.ts";
import { gcloudCheck } from "./gcloud/check.ts";
import type { Finding, Rule } from "./rule.ts";

/** A text that was read. */
export interface Source {
  /** Its path, or `-`. */
  readonly file: string;
  readonly text: string;
}

/** Rules over a text that is no manifest: a template, a stack, a plan. What one of them recognises no other is asked about. */
export interface TextCheck {
  readonly rules: readonly Rule[];
  isFor(source: Source): boolean;
  check(source: Source): readonly Finding[];
}

export const textChecks: readonly TextCheck[] = [createAwsCheck(system), gcloudCheck];
