import { RULES } from "./rules.ts";

/** The alert policies, by the name of their file. source: Cloud Monitoring API v3, AlertPolicy */
export const toPolicies = (): ReadonlyMap<string, object> =>
  new Map(
    RULES.flatMap(({ google }) =>
      google
        ? [
            [
              google.name,
              {
                displayName: `@PREFIX@${google.name}`,
                userLabels: { system: "@NAME@", "managed-by": "loosely" },
                documentation: { content: google.documentation },
                combiner: "OR",
                conditions: google.conditions,
                alertStrategy: google.strategy,
              },
            ] as const,
          ]
        : [],
    ),
  );
