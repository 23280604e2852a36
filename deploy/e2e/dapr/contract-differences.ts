interface Difference {
  readonly what: string;
  readonly cases: RegExp;
}

/** What daprd 1.14.0 does otherwise than 1.18.3; adapters/local/differences.ts says what the local sidecar does of both. */
const DIFFERENCES: readonly Difference[] = [
  { what: "metadata.cloudevent.subject is ignored", cases: /^A\.wrap\.meta-all$/ },
  {
    what: "without retries and dead letter topic, a failure leaves the event pending, and it is delivered again",
    cases:
      /^C\.(200-(RETRY|RETRY-textplain|Status-key-RETRY|success-lowercase|unknown-status)|301|304|4(?!04)\d\d(-retry-after)?|5\d\d(-SUCCESS-body|-then-200)?|RETRY-then-200|reset)$/,
  },
  {
    what: "404 acknowledges the event, and the dead letter topic does not get it",
    cases: /^[CD]\.404(-RETRY-body)?\+dlt$/,
  },
];

/** Whether daprd 1.14.0 does something else in this case than 1.18.3. */
export const differs = (name: string): boolean => DIFFERENCES.some(({ cases }) => cases.test(name));
