import type { Place } from "../found.ts";
import type { Check, Stack } from "./stack.ts";
import { listIn, mapIn, type Value, type Values } from "./value.ts";

const EVERYTHING = /(^|\/)(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

export const statementsOf = (document: Value): readonly Values[] => listIn(mapIn(document).Statement).map(mapIn);
export const allows = ({ Effect }: Values): boolean => Effect === "Allow";
export const everybody = ({ Principal }: Values): boolean => {
  const { AWS } = mapIn(Principal);
  return Principal === "*" || listIn(AWS).includes("*");
};

interface Grant {
  readonly at: Place;
  readonly path: readonly string[];
  readonly statement: Values;
}

function grantsOf({ all }: Stack): readonly Grant[] {
  const inline = all("AWS::IAM::Role", "AWS::Serverless::Function").flatMap((at) =>
    listIn(at.properties.Policies).flatMap((policy) => {
      const { PolicyDocument, Statement } = mapIn(policy);
      return statementsOf(PolicyDocument ?? { Statement }).map((statement) => ({ at, path: ["Policies"], statement }));
    }),
  );
  const alone = all("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy").flatMap((at) =>
    statementsOf(at.properties.PolicyDocument).map((statement) => ({ at, path: ["PolicyDocument"], statement })),
  );
  return [...inline, ...alone];
}

export const rightsChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-rights-to-everything",
      effect: "exposes",
      why: "who gets into one function, or errs in it, may read and delete all that there is",
      source: 'IAM User Guide, "Security best practices in IAM", "Apply least-privilege permissions"',
      fix: "name the actions and resources that the function needs",
    },
    find: (stack) => [
      ...grantsOf(stack).flatMap(({ at, path, statement }) => {
        const actions = listIn(statement.Action).map(String);
        const wide =
          actions.find((action) => action === "*" || action === "*:*") ??
          (listIn(statement.Resource).includes("*") ? actions.find((action) => /^\w+:\*$/.test(action)) : undefined);
        return allows(statement) && wide
          ? [
              {
                at,
                path,
                what: `${at.id} may do ${wide} to ${listIn(statement.Resource).includes("*") ? "everything" : "what it names"}`,
              },
            ]
          : [];
      }),
      ...stack
        .all("AWS::IAM::Role", "AWS::Serverless::Function")
        .flatMap((at) =>
          [...listIn(at.properties.ManagedPolicyArns), ...listIn(at.properties.Policies)].flatMap((policy) =>
            typeof policy === "string" && EVERYTHING.test(policy)
              ? [{ at, what: `${at.id} has ${policy.split("/").at(-1)}` }]
              : [],
          ),
        ),
    ],
  },
  {
    rule: {
      id: "aws-open-to-everybody",
      effect: "exposes",
      why: "everybody with an AWS account may send forged events to it, or take events out of it",
      source:
        'Amazon SQS Developer Guide, "Amazon SQS security best practices", "Make sure that queues aren\'t publicly accessible"',
      fix: "name who may, or bind it with a Condition such as aws:SourceArn",
    },
    find: ({ all }) =>
      all(
        "AWS::SQS::QueuePolicy",
        "AWS::SQS::QueueInlinePolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SNS::TopicInlinePolicy",
      ).flatMap((at) =>
        statementsOf(at.properties.PolicyDocument).flatMap((statement) =>
          allows(statement) && everybody(statement) && statement.Condition === undefined
            ? [
                {
                  at,
                  path: ["PolicyDocument"],
                  what: `${at.id} lets everybody ${listIn(statement.Action).map(String).join(", ")}`,
                },
              ]
            : [],
        ),
      ),
  },
];
