import type { Found, Place } from "../found.ts";
import type { Rule } from "../rule.ts";

/** What a plan makes, or what `gcloud … --format=json` describes, in one vocabulary. Names are without what stands before them. */
export interface Project {
  readonly topics: readonly Topic[];
  readonly subscriptions: readonly Subscription[];
  readonly functions: readonly CloudFunction[];
  readonly grants: readonly Grant[];
  /** Eventarc's own, beside those that functions bring along. */
  readonly triggers: readonly Place[];
  readonly databases: readonly Database[];
  /** What Cloud Scheduler asks, by URL. */
  readonly asked: readonly string[];
  /** Whether all subscriptions of the project are here: a plan's are not. */
  readonly hasAllSubscriptions: boolean;
  /** Whether it is a plan, in which grants, jobs and policies would stand. */
  readonly isPlan: boolean;
}

interface Topic extends Place {
  readonly transforms: boolean;
}

export interface Subscription extends Place {
  /** `undefined`: not said where it is updated. */
  readonly topic: string | undefined;
  /** Whether it is only updated: what is not said is as it was. */
  readonly isPartial: boolean;
  /** Where it pushes to. `undefined`: it is pulled. */
  readonly endpoint: string | undefined;
  /** Whether messages come without wrapper, and with their attributes as headers. */
  readonly wrapper: "kept" | "none" | "none, with metadata";
  /** Who signs pushes. */
  readonly account: string | undefined;
  /** Seconds, as are all others. */
  readonly ackDeadline: number | undefined;
  readonly retention: number | undefined;
  /** `Infinity`: never. */
  readonly expires: number | undefined;
  readonly backoff: { readonly least: number; readonly most: number } | undefined;
  readonly letters: { readonly topic: string; readonly attempts: number } | undefined;
  readonly filter: string | undefined;
  readonly isOrdered: boolean;
  readonly transforms: boolean;
}

export interface CloudFunction extends Place {
  readonly url: string | undefined;
  readonly entryPoint: string | undefined;
  readonly timeout: number | undefined;
  readonly mebibytes: number | undefined;
  readonly concurrency: number | undefined;
  /** As whom it runs. `undefined`: not said. */
  readonly account: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  /** What invokes it. `undefined`: requests. */
  readonly trigger: { readonly retries: boolean; readonly isPubSub: boolean } | undefined;
  /** Whether everybody may ask it. `undefined`: not known. */
  readonly isOpen: boolean | undefined;
}

export interface Grant extends Place {
  readonly on: "project" | "topic" | "subscription" | "function" | "other";
  /** Of what it is on. */
  readonly name: string;
  readonly role: string;
  readonly member: string;
  readonly isConditional: boolean;
}

interface Database extends Place {
  readonly hasTtl: boolean;
}

/** Looks for one rule broken. */
export interface Check {
  readonly rule: Rule;
  find(project: Project): readonly Found[];
}

/** The last part of projects/p/topics/t. */
export const last = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** in: 30s, 7d, 10m, 12h, 600, never. out: seconds */
export function secondsIn(text: string | number | undefined): number | undefined {
  if (text === "never") return Number.POSITIVE_INFINITY;
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(String(text)) ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[unit];
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor;
}

/** in: 512Mi, 512M, 512MB, 1Gi, 256 (MB, as gcloud takes it). out: mebibytes, roughly */
export function mebibytesIn(text: string | number | undefined): number | undefined {
  const [, amount, unit = "M"] = /^(\d+(?:\.\d+)?)\s*([MG])?i?B?$/.exec(String(text)) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === "G" ? 1024 : 1);
}

/** Whom a URL is of. */
export function targetOf({ functions }: Project, to: string | undefined): CloudFunction | undefined {
  if (to === undefined || !URL.canParse(to)) return undefined;
  const { origin, hostname } = new URL(to);
  const [label = ""] = hostname.split(".");
  const byUrl = functions.find(({ url }) => url !== undefined && URL.canParse(url) && new URL(url).origin === origin);
  const byName = functions
    .filter(({ id, url }) => url === undefined && (label === id || label.startsWith(`${id}-`)))
    .toSorted((a, b) => b.id.length - a.id.length)[0];
  return byUrl ?? byName;
}

/** Topics that take what could not be delivered. */
export const letterTopicsOf = ({ subscriptions }: Project): ReadonlySet<string> =>
  new Set(subscriptions.flatMap(({ letters }) => letters?.topic ?? []));

/** Those that bring events to somebody who handles them: letters are only kept. */
export const deliveringOf = (project: Project): readonly Subscription[] => {
  const kept = letterTopicsOf(project);
  return project.subscriptions.filter(({ topic }) => topic === undefined || !kept.has(topic));
};

/** Of Pub/Sub itself, which moves dead letters. */
export const AGENT = /^serviceAccount:service-[^@]+@gcp-sa-pubsub\.iam\.gserviceaccount\.com$/;
