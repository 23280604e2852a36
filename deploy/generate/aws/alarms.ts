import { stringify } from "yaml";
import { type Dimension, type Things, toAlarms } from "../../alerts/cloudwatch.ts";
import { toComment } from "../../alerts/to-comment.ts";
import type { Plan } from "./plan.ts";
import { toId } from "./to-id.ts";

/** Who is told, where somebody is. */
const ACTIONS = "!If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]";

const thingsOf = ({ heard, functions }: Plan): Things => ({
  queues: functions.filter(({ subscriptions }) => subscriptions.length > 0).map(({ name }) => name),
  functions: functions.map(({ name }) => name),
  topics: heard,
});

/** The part of the template. */
export function toAlarmResources(plan: Plan): string {
  const told = new Set<string>();
  return toAlarms(thingsOf(plan), toReference)
    .map(({ name, why, properties }) => {
      // Once, at the first of them.
      const comment = why && !told.has(why) ? toComment(why).replace(/^/gm, "#").concat("\n") : "";
      if (why) told.add(why);
      const Properties = { ...properties, AlarmActions: ACTIONS };
      const resource = stringify(
        { [toId(name)]: { Type: "AWS::CloudWatch::Alarm", Properties } },
        { lineWidth: 0, aliasDuplicateObjects: false },
      );
      // A tag is no text.
      return `${comment}${resource.replace(/"(!(?:GetAtt|If|Ref) [^"]*)"/g, "$1")}`;
    })
    .join("\n");
}

function toReference({ name, thing }: Dimension): string {
  if (name === "FunctionName") return `!Ref ${toId(thing ?? "")}Function`;
  if (name === "TopicName") return `!GetAtt ${toId(thing ?? "")}Topic.TopicName`;
  return `!GetAtt ${thing === undefined ? "DeadLetters" : `${toId(thing)}Queue`}.QueueName`;
}

/** What upload.sh makes: the JSON of each call, where @PREFIX@ stands for what all names begin with. */
export const toAlarmCalls = (plan: Plan): readonly string[] =>
  toAlarms(thingsOf(plan), ({ thing = "dead-letters" }) => `@PREFIX@${thing}`).map(({ name, properties }) =>
    JSON.stringify({ AlarmName: `@PREFIX@${name}`, ...properties }),
  );
