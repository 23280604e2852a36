import type { Place } from "../found.ts";
import type { Resource } from "./resource.ts";
import type { Check, Stack } from "./stack.ts";
import { listIn, mapIn, UNKNOWN, type Value, type Values } from "./value.ts";

const EVERYTHING = /(^|\/)(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

const statementsOf = (document: Value): readonly Values[] => listIn(mapIn(document).Statement).map(mapIn);
const allows = ({ Effect }: Values): boolean => Effect === "Allow";
const everybody = ({ Principal }: Values): boolean => {
  const { AWS } = mapIn(Principal);
  return Principal === "*" || listIn(AWS).includes("*");
};

interface Way {
  readonly queue: Resource;
  readonly topic: Resource;
}

/** Whether a queue's policies let a topic send to it; what is not known is taken to. */
export function allowsSending({ all, named }: Stack, { queue, topic }: Way): boolean {
  const policies = all("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy").filter(({ properties }) =>
    listIn(properties.Queues ?? properties.Queue).some((each) => named(each, "sqs") === queue || each === UNKNOWN),
  );
  return policies.some(
    ({ properties }) =>
      properties.PolicyDocument === UNKNOWN ||
      statementsOf(properties.PolicyDocument).some((statement) => {
        const { Action, Principal, Condition } = statement;
        const { Service, AWS } = mapIn(Principal);
        const isSns =
          everybody(statement) ||
          [...listIn(Service), ...listIn(AWS)].some((each) => each === "sns.amazonaws.com" || each === UNKNOWN);
        const sends = listIn(Action).some(
          (each) => /^(sqs:(sendmessage|\*|send\*)|\*)$/i.test(String(each)) || each === UNKNOWN,
        );
        return (
          allows(statement) &&
          isSns &&
          sends &&
          admits(Condition, (value) => named(value) === topic || isOpen(value, topic))
        );
      }),
  );
}

/** Another's topic or a pattern: not to be told from here. */
const isOpen = (value: Value, { properties }: Resource): boolean =>
  typeof value !== "string" ||
  /[*?<]/.test(value) ||
  (value.startsWith("arn:") && typeof properties.TopicName !== "string");

function admits(condition: Value, isTopic: (value: Value) => boolean): boolean {
  const sources = Object.values(mapIn(condition)).flatMap((test) =>
    Object.entries(mapIn(test)).flatMap(([key, values]) =>
      key.toLowerCase() === "aws:sourcearn" ? listIn(values) : [],
    ),
  );
  return sources.length === 0 || sources.some(isTopic);
}

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
