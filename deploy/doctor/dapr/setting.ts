import type { Component, DeploymentRule } from "../deployment.ts";

interface SettingRule extends Omit<DeploymentRule, "find"> {
  readonly broker: string;
  readonly name: string;
  isWrong(value: string | undefined): boolean;
}

/** What a rule about one setting of one broker's component asks. in isWrong: the value, undefined where it is left out */
export const on = (
  broker: string,
  name: string,
  isWrong: SettingRule["isWrong"],
): Pick<SettingRule, "broker" | "name" | "isWrong"> => ({ broker, name, isWrong });

/** A rule about one setting of one broker's component. What stands in a Secret or in the environment is not judged. */
export function setting({ broker, name, isWrong, ...rule }: SettingRule): DeploymentRule {
  return {
    ...rule,
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === `pubsub.${broker}`)) {
        const value = each.metadata.get(name);
        if (!isElsewhere(each, name) && isWrong(value))
          yield {
            at: each.at(name),
            what: `${each.name} has ${value === undefined ? `no ${name}` : `${name} ${value}`}`,
          };
      }
    },
  };
}

const isElsewhere = ({ metadata, has }: Component, name: string): boolean =>
  has(name) && metadata.get(name) === undefined;
