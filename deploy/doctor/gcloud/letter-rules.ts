import { AGENT, type Check, deliveringOf, type Grant, letterTopicsOf, type Project } from "./project.ts";

const PUBSUB = "Pub/Sub documentation";
const FAILURES = `${PUBSUB}, "Dead-letter topics", "Grant forwarding permissions"`;
/** Of what the ledger remembers; a letter that is older is dead for its age. */
const LEDGER_DAYS = 30;

/** In a script, an account whose number is asked for. */
const VARIABLE = /^(serviceAccount:)?\$/;

interface Wanted {
  readonly on: Grant["on"];
  readonly name: string;
  readonly roles: RegExp;
}

/** Whether Pub/Sub's own account has one of the roles there, or in the whole project. */
const lets = ({ grants }: Project, { on, name, roles }: Wanted): boolean =>
  grants.some(
    (grant) =>
      (VARIABLE.test(grant.member) || AGENT.test(grant.member)) &&
      roles.test(grant.role) &&
      (grant.on === "project" || (grant.on === on && grant.name === name)),
  );

export const letterChecks: readonly Check[] = [
  {
    rule: {
      id: "gcloud-no-dead-letter-topic",
      effect: "loses",
      why: "a message that always fails is tried until its retention ends, and is gone then",
      source: `${PUBSUB}, "Dead-letter topics"`,
      fix: "set --dead-letter-topic and --max-delivery-attempts",
    },
    find: (project) =>
      deliveringOf(project).flatMap((at) =>
        at.endpoint === undefined || at.letters || at.isPartial
          ? []
          : [{ at, what: `${at.id} has no dead letter topic` }],
      ),
  },
  {
    rule: {
      id: "gcloud-trigger-letters",
      effect: "loses",
      why: "the subscription that Eventarc makes for a trigger retries for a day and has no dead letter topic",
      source: 'Eventarc documentation, "Retry events"',
      fix: "give that subscription one: gcloud pubsub subscriptions update … --dead-letter-topic",
    },
    find: ({ isPlan, functions, triggers, subscriptions }) => {
      if (!isPlan) return [];
      const told = subscriptions.flatMap(({ id, letters }) => (letters ? id : []));
      const fed = functions
        .filter(({ trigger }) => trigger?.isPubSub)
        .map((fn) => [fn, [fn.id, fn.entryPoint ?? fn.id]] as const);
      return [...fed, ...triggers.map((trigger) => [trigger, [trigger.id]] as const)].flatMap(([at, names]) =>
        told.some((id) => names.some((name) => id.includes(name)))
          ? []
          : [{ at, what: `${at.id} is triggered, and has no dead letter topic` }],
      );
    },
  },
  {
    rule: {
      id: "gcloud-letters-unheld",
      effect: "loses",
      why: "a topic without a subscription throws away what it is told, dead letters as well",
      source: `${PUBSUB}, "Dead-letter topics": attach at least one subscription`,
      fix: "make a pull subscription on it before the first event flows",
    },
    find: (project) => {
      const { topics, subscriptions, isPlan, hasAllSubscriptions } = project;
      return [...letterTopicsOf(project)].flatMap((topic) => {
        const made = topics.find(({ id }) => id === topic);
        const isTold = isPlan ? made !== undefined : hasAllSubscriptions;
        if (!isTold || subscriptions.some((subscription) => subscription.topic === topic)) return [];
        const user = subscriptions.find(({ letters }) => letters?.topic === topic);
        return (made ?? user)
          ? [{ at: made ?? (user as NonNullable<typeof user>), what: `${topic} has no subscription` }]
          : [];
      });
    },
  },
  {
    rule: {
      id: "gcloud-letters-refused",
      effect: "loses",
      why: "without that right Pub/Sub cannot publish dead letters: it tries the message until its retention ends",
      source: FAILURES,
      fix: "grant service-NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com roles/pubsub.publisher on the topic",
    },
    find: (project) =>
      !project.isPlan
        ? []
        : [...letterTopicsOf(project)].flatMap((topic) => {
            const at = project.topics.find(({ id }) => id === topic);
            const roles = /^roles\/pubsub\.(publisher|editor|admin)$/;
            if (!at || lets(project, { on: "topic", name: topic, roles })) return [];
            return [{ at, what: `Pub/Sub's own account may not publish to ${topic}` }];
          }),
  },
  {
    rule: {
      id: "gcloud-letters-unacknowledged",
      effect: "loses",
      why: "without that right Pub/Sub cannot take a message from the subscription, and nothing ever becomes a dead letter",
      source: FAILURES,
      fix: "grant service-NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com roles/pubsub.subscriber on the subscription",
    },
    find: (project) =>
      !project.isPlan
        ? []
        : project.subscriptions.flatMap((at) => {
            const roles = /^roles\/pubsub\.(subscriber|editor|admin)$/;
            if (!at.letters || lets(project, { on: "subscription", name: at.id, roles })) return [];
            return [{ at, what: `Pub/Sub's own account may not acknowledge on ${at.id}` }];
          }),
  },
  {
    rule: {
      id: "gcloud-letters-expire",
      effect: "loses",
      why: `letters are gone before the ${LEDGER_DAYS} days end within which they can be replayed`,
      source: `${PUBSUB}, "Subscription properties", "Message retention duration": 7 days by default, 31 at most`,
      fix: "set --message-retention-duration=31d on the subscription that holds them",
    },
    find: (project) => {
      const kept = letterTopicsOf(project);
      return project.subscriptions.flatMap((at) => {
        if (at.topic === undefined || !kept.has(at.topic) || at.retention === undefined) return [];
        if (at.retention >= LEDGER_DAYS * 86_400) return [];
        return [
          {
            at,
            path: ["messageRetentionDuration"],
            what: `${at.id} keeps letters for ${Math.round(at.retention / 86_400)} days`,
          },
        ];
      });
    },
  },
];
